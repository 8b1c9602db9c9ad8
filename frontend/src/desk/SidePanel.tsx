/** The right side: what they know, what memory brought into an answer, and how long the last one took, measured. */
import type { ChatReply } from '../api/types'
import type { TurnMetrics } from '../call/protocol'
import { Waterfall } from '../call/Waterfall'
import type { Turn } from '../conversation/turns'
import { FactsPanel } from '../memory/FactsPanel'
import { WhySection } from '../memory/WhySection'
import { milliseconds } from './words'

interface SidePanelProps {
  /** Whether memory is on. */
  readonly memory: boolean
  /** The answer whose sources are shown. */
  readonly answer: Turn | null
  readonly onLast: (() => void) | null
  readonly asked: number
  readonly reply: ChatReply | null
  /** The last spoken answer's numbers; null before there are any. */
  readonly spoken: TurnMetrics | null
}

export function SidePanel({ memory, answer, onLast, asked, reply, spoken }: SidePanelProps) {
  return (
    <div className="flex h-full flex-col gap-[26px] overflow-y-auto px-5 py-[22px]">
      {memory && <FactsPanel />}
      <WhySection answer={answer} onLast={onLast} asked={asked} />
      {spoken && <Waterfall turn={spoken} />}
      {reply && <TypedNumbers reply={reply} />}
    </div>
  )
}

function TypedNumbers({ reply }: { reply: ChatReply }) {
  return (
    <section aria-labelledby="typed-heading">
      <h2 id="typed-heading" className="label mb-2">
        Last typed answer
      </h2>
      <dl className="grid grid-cols-[1fr_auto] gap-[7px] text-[12.5px] text-soft">
        <dt>Whole answer</dt>
        <dd data-measure="latency" className="text-right text-ink tabular-nums">
          {milliseconds(reply.latency_ms)}
        </dd>
        {typeof reply.tokens_used === 'number' && (
          <>
            <dt>Tokens used</dt>
            <dd className="text-right text-ink tabular-nums">{reply.tokens_used.toLocaleString()}</dd>
          </>
        )}
      </dl>
      <p className="quiet mt-2">Reported by the service.</p>
    </section>
  )
}
