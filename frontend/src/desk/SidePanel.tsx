/** The right side: what they know, what memory brought into an answer, and how long the last one took, measured. */
import type { ChatReply } from '../api/types'
import type { Waterfall } from '../call/waterfall'
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
  readonly waterfall: Waterfall | null
}

export function SidePanel({ memory, answer, onLast, asked, reply, waterfall }: SidePanelProps) {
  return (
    <div className="flex h-full flex-col gap-[26px] overflow-y-auto px-5 py-[22px]">
      {memory && <FactsPanel />}
      <WhySection answer={answer} onLast={onLast} asked={asked} />
      {waterfall && <SpokenNumbers waterfall={waterfall} />}
      {reply && <TypedNumbers reply={reply} />}
    </div>
  )
}

function SpokenNumbers({ waterfall }: { waterfall: Waterfall }) {
  const rows: [string, number | null][] = [
    ['Turn end', waterfall.turnEnd],
    ['Understood', waterfall.understood],
    ['First word', waterfall.firstWord],
    ['First sound', waterfall.firstSound],
  ]
  const longest = Math.max(1, ...rows.map(([, ms]) => ms ?? 0))
  return (
    <section aria-labelledby="spoken-heading">
      <h2 id="spoken-heading" className="label mb-2">
        Last spoken answer
      </h2>
      <dl className="grid gap-[7px] text-[12.5px] text-soft">
        {rows.map(([name, ms]) =>
          ms === null ? null : (
            <div key={name} className="grid grid-cols-[84px_1fr_56px] items-center gap-2">
              <dt>{name}</dt>
              <dd aria-hidden="true" className="h-2 overflow-hidden rounded bg-line">
                <div className="h-2 rounded bg-ink" style={{ width: `${(100 * ms) / longest}%` }} />
              </dd>
              <dd data-measure={name} className="text-right text-ink tabular-nums">
                {milliseconds(ms)}
              </dd>
            </div>
          ),
        )}
      </dl>
      <p className="quiet mt-2">Counted from your last sound, measured on this page.</p>
    </section>
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
