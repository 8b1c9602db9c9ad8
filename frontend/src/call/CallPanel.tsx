/** The call in the dock: who speaks, the trace, the time, and what went wrong. Its buttons stand in the row below it. */
import { useEffect, useState } from 'react'
import { Notice } from '../desk/Notice'
import { agentName, useAgentList } from '../desk/agents'
import { duration } from '../desk/words'
import { captionOf } from './caption'
import type { CallController } from './controller'
import type { Call } from './machine'
import { Trace } from './Trace'

interface CallPanelProps {
  readonly call: Call
  readonly controller: CallController
  readonly agentId: string
}

export function CallPanel({ call, controller, agentId }: CallPanelProps) {
  const agents = useAgentList()
  const name = agentName(agents, agentId)
  const { lead, hint, theirs } = captionOf(call, name)
  const { phase, notice } = call
  const gaveUp = phase.name === 'lost' && phase.retryInMs === null
  return (
    <div data-call={phase.name}>
      {(call.away === 'long' || gaveUp) && (
        <div className="mb-3" data-away>
          <Notice
            happened={`There is no connection: ${name} cannot hear you.`}
            sentences={[
              gaveUp ? 'It did not come back by itself.' : 'The call goes on by itself as soon as there is one.',
              'You can type your message below instead; what was said so far is kept.',
            ]}
          >
            <button type="button" className="button" onClick={controller.retry}>
              {gaveUp ? 'Retry' : 'Retry now'}
            </button>
          </Notice>
        </div>
      )}
      {notice && phase.name === 'live' && (
        <div className="mb-3">
          <Notice happened={notice.happened} sentences={['The call goes on.', notice.remedy]} role="status">
            <button type="button" className="button" onClick={() => controller.dismissNotice()}>
              Dismiss
            </button>
          </Notice>
        </div>
      )}
      <div className="mx-0.5 mb-2 flex items-center justify-between gap-3 text-[13px] text-soft">
        <p data-caption>
          <strong className={`font-semibold ${theirs ? 'text-agent' : 'text-ink'}`}>{lead}</strong>
          {hint && ` · ${hint}`}
          {call.slow && ' · your connection is slow'}
        </p>
        <span className="flex items-center gap-3">
          {call.sounding && (
            <button type="button" className="underline underline-offset-2" onClick={() => controller.quiet()}>
              Stop speaking
            </button>
          )}
          {call.startedAt !== null && <Timer since={call.startedAt} />}
        </span>
      </div>
      <Trace history={controller.trace} />
    </div>
  )
}

function Timer({ since }: { since: number }) {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return (
    <span role="timer" aria-label="Length of the call" className="tabular-nums">
      {duration(now - since)}
    </span>
  )
}
