/** What memory brought into an answer: one small chip a source; a click shows the words and leads to the conversation. */
import { Popover } from 'radix-ui'
import type { ReactNode } from 'react'
import { useWhy } from '../api/queries'
import type { Recalled } from '../api/types'
import { agentStyle, useAgentList } from '../desk/agents'
import { useOpenEpisode } from '../desk/openEpisode'
import { day, firstWords } from '../desk/words'
import { FactSource } from '../memory/FactSource'
import { asRecalled } from '../memory/sources'
import { useWho } from '../session/signIn'
import type { Turn } from './turns'

const SHOWN = 3
const CHIP_LENGTH = 32

/** Facts first, as the assistant got them. They are there once the side panel has asked why. */
export function RecalledChips({ turn, onMore }: { turn: Turn; onMore: () => void }) {
  const agents = useAgentList()
  const { data: why } = useWhy(useWho(), turn.storedId, false)
  const sources = turn.recalled.length > 0 ? turn.recalled : (why?.passages.map(asRecalled) ?? [])
  const chips: readonly { key: string; label: string; content: ReactNode }[] = [
    ...(why?.facts ?? []).map((fact) => ({ key: fact.id, label: `known: ${firstWords(fact.text, CHIP_LENGTH).replace(/\.$/, '')}`, content: <FactSource fact={fact} /> })),
    ...sources.map((source) => ({ key: source.turn_id, label: `recalled: ${firstWords(source.excerpt, CHIP_LENGTH)}, ${day(source.said_at)}`, content: <SourceWords source={source} /> })),
  ]
  if (chips.length === 0) return null
  return (
    <ul style={agentStyle(agents, turn.agentId)} className="agent-colours mt-2 flex flex-wrap gap-2" aria-label="Recalled for this answer">
      {chips.slice(0, SHOWN).map(({ key, label, content }) => (
        <li key={key} className="max-w-full">
          <Chip label={label}>{content}</Chip>
        </li>
      ))}
      {chips.length > SHOWN && (
        <li className="quiet self-center">
          <button type="button" className="min-h-6 underline underline-offset-2 hover:text-ink" onClick={onMore}>
            and {chips.length - SHOWN} more
          </button>
        </li>
      )}
    </ul>
  )
}

function Chip({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Popover.Root>
      <Popover.Trigger className="min-h-6 max-w-full rounded-full bg-agent-wash px-2.5 py-0.5 text-left text-[12.5px] wrap-anywhere text-agent">{label}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content side="top" align="start" sideOffset={6} collisionPadding={16} className="z-20 w-[min(340px,90vw)] rounded-bubble border border-line bg-sheet p-4 shadow-lg">
          {children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** The words of a recalled turn, who said them and when, and the way to them. */
export function SourceWords({ source, who = null }: { source: Recalled; who?: string | null }) {
  const openEpisode = useOpenEpisode()
  return (
    <>
      <p className="font-voice text-[16px]/[1.4] wrap-anywhere">“{firstWords(source.excerpt, 280)}”</p>
      <p className="quiet mt-1">
        {who !== null && `${who}, `}
        {day(source.said_at)}
      </p>
      <button type="button" className="quiet min-h-6 underline underline-offset-2 hover:text-ink" onClick={() => openEpisode(source.session_id, source.turn_id)}>
        Open that conversation
      </button>
    </>
  )
}
