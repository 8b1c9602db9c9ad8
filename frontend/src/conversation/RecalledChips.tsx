/** What memory brought into an answer: one small chip a source; a click shows the words and leads to the conversation. */
import { Popover } from 'radix-ui'
import type { Recalled } from '../api/types'
import { agentStyle, useAgentList } from '../desk/agents'
import { day, firstWords } from '../desk/words'
import { useOpenEpisode } from '../desk/openEpisode'

const SHOWN = 3

export function RecalledChips({ recalled, agentId }: { recalled: readonly Recalled[]; agentId: string }) {
  const agents = useAgentList()
  if (recalled.length === 0) return null
  return (
    <ul style={agentStyle(agents, agentId)} className="agent-colours mt-2 flex flex-wrap gap-2" aria-label="Recalled for this answer">
      {recalled.slice(0, SHOWN).map((source) => (
        <li key={source.turn_id}>
          <Chip source={source} />
        </li>
      ))}
      {recalled.length > SHOWN && <li className="quiet self-center">and {recalled.length - SHOWN} more</li>}
    </ul>
  )
}

function Chip({ source }: { source: Recalled }) {
  return (
    <Popover.Root>
      <Popover.Trigger className="min-h-6 rounded-full bg-agent-wash px-2.5 py-0.5 text-left text-[12.5px] text-agent">
        recalled: {firstWords(source.excerpt, 32)}, {day(source.said_at)}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content side="top" align="start" sideOffset={6} collisionPadding={16} className="z-20 w-[min(340px,90vw)] rounded-bubble border border-line bg-sheet p-4 shadow-lg">
          <SourceWords source={source} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** The words of a recalled turn, when they were said, and the way to them. */
export function SourceWords({ source }: { source: Recalled }) {
  const openEpisode = useOpenEpisode()
  return (
    <>
      <p className="font-voice text-[16px]/[1.4] wrap-anywhere">“{firstWords(source.excerpt, 280)}”</p>
      <p className="quiet mt-1">{day(source.said_at)}</p>
      <button type="button" className="quiet mt-1 underline underline-offset-2" onClick={() => openEpisode(source.session_id, source.turn_id)}>
        Open that conversation
      </button>
    </>
  )
}
