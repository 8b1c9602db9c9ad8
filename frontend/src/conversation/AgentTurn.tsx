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

interface AgentTurnProps {
  readonly turn: Turn
  /** This answer's sources stand in the side panel. */
  readonly explained: boolean
  readonly onWhy: (storedId: string) => void
}

export function AgentTurn({ turn, explained, onWhy }: AgentTurnProps) {
  const agents = useAgentList()
  const { storedId } = turn
  const name = agentName(agents, turn.agentId)
  const why = storedId !== null && turn.state === 'done' ? () => onWhy(storedId) : null
  return (
    <article id={`turn-${storedId ?? turn.key}`} data-turn="assistant" data-agent={turn.agentId} className="arrive grid grid-cols-[34px_minmax(0,1fr)] gap-3">
      <Face agentId={turn.agentId} />
      <div className="relative">
        <p className="quiet pr-14">{name}</p>
        <Words turn={turn} />
        {turn.state === 'stopped' && <p className="quiet mt-1.5 font-medium">You stopped this answer.</p>}
        {/* Read after the words, seen beside the name. */}
        {why && (
          <button
            type="button"
            onClick={why}
            aria-label="Why this answer"
            aria-pressed={explained}
            title="What was recalled for this answer"
            className="quiet absolute -top-0.5 right-0 min-h-6 rounded-full px-2 hover:bg-you-wash hover:text-ink aria-pressed:underline aria-pressed:underline-offset-4"
          >
            why
          </button>
        )}
        <RecalledChips turn={turn} onMore={() => why?.()} />
      </div>
    </article>
  )
}
