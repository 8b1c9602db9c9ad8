/** What an assistant said, in serif: heard words in ink, words still to come softer, what was cut off in italics. */
import { agentName, agentStyle, useAgentList } from '../desk/agents'
import { Prose } from './Prose'
import { RecalledChips } from './RecalledChips'
import { splitHeard } from './heard'
import type { Turn } from './turns'

export function Face({ agentId }: { agentId: string }) {
  const agents = useAgentList()
  return (
    <div
      aria-hidden="true"
      style={agentStyle(agents, agentId)}
      className="agent-colours grid size-[34px] place-items-center rounded-full bg-agent-wash text-[14px] font-semibold text-agent"
    >
      {agentName(agents, agentId).charAt(0)}
    </div>
  )
}

function cutWords({ text, unheard }: Turn): string {
  if (unheard === '') return 'You came in here.'
  return text === '' ? 'You came in before this was heard.' : 'You came in here. What is in italics was not heard.'
}

function Words({ turn }: { turn: Turn }) {
  if (turn.state === 'waiting' && turn.text === '') return <p className="said thinking text-soft">Thinking…</p>
  if (turn.interrupted) {
    return (
      <>
        <p className="said whitespace-pre-line">
          {turn.text}
          {turn.unheard && <em className="text-soft">{turn.unheard.startsWith(' ') || turn.text === '' ? turn.unheard : ` ${turn.unheard}`}</em>}
        </p>
        <p className="quiet mt-1.5 font-medium">
          {cutWords(turn)}
        </p>
      </>
    )
  }
  if (turn.sound) {
    const [heard, rest] = splitHeard(turn.text, turn.sound)
    return (
      <p className="said whitespace-pre-line">
        {heard}
        <span className="text-soft">{rest}</span>
      </p>
    )
  }
  return <Prose text={turn.text} />
}

export function AgentTurn({ turn }: { turn: Turn }) {
  const agents = useAgentList()
  return (
    <article id={`turn-${turn.key}`} data-turn="assistant" data-agent={turn.agentId} className="arrive grid grid-cols-[34px_minmax(0,1fr)] gap-3">
      <Face agentId={turn.agentId} />
      <div>
        <p className="quiet">{agentName(agents, turn.agentId)}</p>
        <Words turn={turn} />
        {turn.state === 'stopped' && <p className="quiet mt-1.5 font-medium">You stopped this answer.</p>}
        <RecalledChips recalled={turn.recalled} agentId={turn.agentId} />
      </div>
    </article>
  )
}
