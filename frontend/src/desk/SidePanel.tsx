/** The right side: what memory brought into the last answer, and how long that answer took, measured. */
import { useState } from 'react'
import type { ChatReply } from '../api/types'
import type { Waterfall } from '../call/waterfall'
import { SourceWords } from '../conversation/RecalledChips'
import { milliseconds } from './words'

interface SidePanelProps {
  readonly reply: ChatReply | null
  readonly waterfall: Waterfall | null
}

export function SidePanel({ reply, waterfall }: SidePanelProps) {
  return (
    <div className="flex h-full flex-col gap-[26px] overflow-y-auto px-5 py-[22px]">
      <section aria-labelledby="recalled-heading">
        <h2 id="recalled-heading" className="label mb-2">
          Recalled for this answer
        </h2>
        <RecalledList reply={reply} />
      </section>
      {waterfall && <SpokenNumbers waterfall={waterfall} />}
      {reply && <TypedNumbers reply={reply} />}
    </div>
  )
}

/** So many sources stand before the numbers; the rest on demand. */
const SHOWN = 3

function RecalledList({ reply }: { reply: ChatReply | null }) {
  const [all, setAll] = useState(false)
  if (reply === null) return <p className="quiet">When an answer draws on something you said before, it is listed here with its source.</p>
  const recalled = reply.recalled ?? []
  const shown = all ? recalled : recalled.slice(0, SHOWN)
  if (recalled.length === 0) return <p className="quiet">The last typed answer needed nothing from earlier.</p>
  return (
    <>
      <ul>
        {shown.map((source) => (
          <li key={source.turn_id} className="border-b border-line py-2.5 first:pt-0">
            <SourceWords source={source} />
          </li>
        ))}
      </ul>
      {recalled.length > SHOWN && (
        <button type="button" aria-expanded={all} className="quiet mt-2.5 underline underline-offset-2" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${recalled.length}`}
        </button>
      )}
    </>
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
