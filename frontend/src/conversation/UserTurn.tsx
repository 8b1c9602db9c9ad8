/** What the person said or typed, on the right. Where its answer failed, it says so and offers to send it again. */
import { clock } from '../desk/words'
import { Notice } from '../desk/Notice'
import type { Turn } from './turns'

interface UserTurnProps {
  readonly turn: Turn
  readonly onRetry: (key: string) => void
  readonly onEdit: (key: string) => void
}

export function UserTurn({ turn, onRetry, onEdit }: UserTurnProps) {
  const { problem } = turn
  return (
    <>
      <article
        id={`turn-${turn.storedId ?? turn.key}`}
        data-turn="user"
        className="arrive max-w-[82%] self-end rounded-bubble rounded-br-[4px] bg-you-wash px-4 py-2.5"
      >
        <p className="quiet text-right">
          <span className="sr-only">You, </span>
          {turn.how}
          {turn.state === 'done' || turn.state === 'failed' ? ` · ${clock(turn.at)}` : ' · now'}
        </p>
        {turn.state === 'waiting' ? (
          <p className="thinking text-soft">Listening…</p>
        ) : (
          <p className={`wrap-anywhere whitespace-pre-line ${turn.state === 'partial' ? 'text-soft' : ''}`}>{turn.text}</p>
        )}
      </article>
      {turn.state === 'failed' && problem && (
        <Notice
          happened={problem.happened}
          sentences={[problem.remedy, 'Your message is kept here.', problem.retryAfter ? `Wait ${Math.ceil(problem.retryAfter)} seconds before you try again.` : null]}
          reference={problem.requestId}
        >
          {problem.retryable && (
            <button type="button" className="button" onClick={() => onRetry(turn.key)}>
              Retry
            </button>
          )}
          <button type="button" className="button" onClick={() => onEdit(turn.key)}>
            Change the message
          </button>
        </Notice>
      )}
    </>
  )
}
