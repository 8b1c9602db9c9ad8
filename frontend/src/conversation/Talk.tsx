/** The column of talk: turns of both channels in one order, and a line where one assistant hands over to another. */
import { Fragment, useLayoutEffect, useRef, useState } from 'react'
import type { Agent } from '../api/types'
import { agentName, useAgentList } from '../desk/agents'
import { day, dayGroup } from '../desk/words'
import { AgentTurn, Face } from './AgentTurn'
import { UserTurn } from './UserTurn'
import { ToolLine } from './ToolLine'
import type { Turn, Working } from './turns'

interface TalkProps {
  readonly turns: readonly Turn[]
  readonly working: readonly Working[]
  /** Who is chosen now; a choice after the last turn is shown as a hand-over too. */
  readonly agentId: string
  readonly loading: boolean
  /** The stored id of the answer whose sources stand in the side panel, once the person asked. */
  readonly explained: string | null
  readonly onWhy: (storedId: string) => void
  readonly onRetry: (key: string) => void
  readonly onEdit: (key: string) => void
}

/** Nearer to the end than this, the column follows new words. */
const NEAR_END_PX = 120

export function Talk({ turns, working, agentId, loading, explained, onWhy, onRetry, onEdit }: TalkProps) {
  const agents = useAgentList()
  const scroller = useRef<HTMLElement>(null)
  const follows = useRef(true)
  const [below, setBelow] = useState(false)

  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    if (follows.current) element.scrollTop = element.scrollHeight
    else setBelow(true)
  }, [turns, working])

  const onScroll = () => {
    const element = scroller.current
    if (!element) return
    follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX
    if (follows.current) setBelow(false)
  }

  const toEnd = () => {
    const element = scroller.current
    element?.scrollTo({ top: element.scrollHeight, behavior: 'smooth' })
  }

  const last = turns.at(-1)
  const chosen = agents.find((agent) => agent.id === agentId)
  return (
    <div className="relative min-h-0">
      {/* A scrolling region must be reachable by keyboard. */}
      <section ref={scroller} onScroll={onScroll} aria-label="Conversation" tabIndex={0} className="flex h-full flex-col overflow-y-auto px-[18px] pt-2 desk:px-8">
        <div className="mx-auto mt-auto flex w-full max-w-[690px] flex-col gap-[22px] pb-[18px]">
          {turns.length === 0 && !loading && chosen && <Greeting agent={chosen} />}
          {turns.map((turn, index) => {
            const before = turns[index - 1]
            return (
              <Fragment key={turn.key}>
                <DayLine at={turn.at} before={before?.at ?? null} />
                {before && before.agentId !== turn.agentId && <HandOver agents={agents} from={before.agentId} to={turn.agentId} />}
                {turn.role === 'user' ? <UserTurn turn={turn} onRetry={onRetry} onEdit={onEdit} /> : <AgentTurn turn={turn} explained={turn.storedId !== null && turn.storedId === explained} onWhy={onWhy} />}
              </Fragment>
            )
          })}
          <ToolLine working={working} agentId={agentId} />
          {last && last.agentId !== agentId && <HandOver agents={agents} from={last.agentId} to={agentId} />}
        </div>
      </section>
      {below && (
        <button type="button" onClick={toEnd} className="button absolute bottom-3 left-1/2 min-h-9 -translate-x-1/2 rounded-full py-1 text-[13px] shadow-md">
          New below
        </button>
      )}
    </div>
  )
}

function HandOver({ agents, from, to }: { agents: readonly Agent[]; from: string; to: string }) {
  return (
    <p data-handover={to} className="flex items-center gap-3 text-center text-[13px] text-soft before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
      {agentName(agents, from)} handed over to {agentName(agents, to)} · {agentName(agents, to)} has the whole conversation
    </p>
  )
}

/** The date, where a conversation goes on on another day. Today's turns need none. */
function DayLine({ at, before }: { at: string; before: string | null }) {
  const same = before !== null && new Date(before).toDateString() === new Date(at).toDateString()
  const group = dayGroup(at)
  if (same || (before === null && group === 'Today')) return null
  return <p className="quiet self-center">{group === 'Today' || group === 'Yesterday' ? group : day(at)}</p>
}

function Greeting({ agent }: { agent: Agent }) {
  return (
    <div className="grid grid-cols-[34px_minmax(0,1fr)] gap-3 pb-6">
      <Face agentId={agent.id} />
      <div>
        <p className="quiet">
          {agent.name} · {agent.title}
        </p>
        <p className="said">{agent.greeting}</p>
        {agent.expertise.length > 0 && <p className="quiet mt-2">Ask about {new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(agent.expertise)}.</p>}
      </div>
    </div>
  )
}
