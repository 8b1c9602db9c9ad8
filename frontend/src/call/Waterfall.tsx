/** How long the person waited for the last spoken answer, as the service measured it: bars on one scale, and the numbers. */
import { milliseconds } from '../desk/words'
import type { TurnMetrics } from './protocol'

interface Row {
  readonly name: string
  readonly ms: number
  /** Where its bar begins and ends, in ms since the person's last sound (or since their turn was over, where that is unknown). */
  readonly from: number
  readonly to: number
}

export function Waterfall({ turn }: { turn: TurnMetrics }) {
  const rows = rowsOf(turn)
  const whole = Math.max(1, ...rows.map(({ to }) => to))
  const remarks = remarksOf(turn)
  return (
    <section aria-labelledby="spoken-heading">
      <h2 id="spoken-heading" className="label mb-2">
        Last spoken answer
      </h2>
      <dl className="grid gap-[7px] text-[12.5px] text-soft">
        {rows.map(({ name, ms, from, to }) => (
          <div key={name} className="grid grid-cols-[84px_1fr_56px] items-center gap-2">
            <dt>{name}</dt>
            <dd aria-hidden="true" className="h-2 overflow-hidden rounded bg-line">
              <div
                className={`h-2 rounded ${name === 'Turn end' ? 'bg-soft' : 'bg-ink'}`}
                style={{ marginLeft: `${(100 * from) / whole}%`, width: `${Math.max(1.5, (100 * (to - from)) / whole)}%` }}
              />
            </dd>
            <dd data-measure={name} className="text-right text-ink tabular-nums">
              {milliseconds(ms)}
            </dd>
          </div>
        ))}
      </dl>
      {remarks.map((remark) => (
        <p key={remark} className="quiet mt-2 text-ink">
          {remark}
        </p>
      ))}
      <p className="quiet mt-2">
        {turn.endOfSpeechMs === null ? 'Counted from the end of your turn.' : 'Turn end counts from your last sound, the rest from there.'}
        {turn.heardMs === null ? ' Measured by the service.' : ' Measured by the service and this page.'}
      </p>
    </section>
  )
}

function rowsOf(turn: TurnMetrics): Row[] {
  const before = turn.endOfSpeechMs ?? 0
  const stages: [string, number | null][] = [
    ['Understood', turn.transcriptMs],
    ['First word', turn.firstTokenMs],
    ['First sound', turn.firstAudioMs],
    ['Heard', turn.heardMs],
  ]
  const rows = stages.flatMap(([name, ms]) => (ms === null ? [] : [{ name, ms, from: before, to: before + ms }]))
  return turn.endOfSpeechMs === null ? rows : [{ name: 'Turn end', ms: before, from: 0, to: before }, ...rows]
}

function remarksOf(turn: TurnMetrics): string[] {
  const tools = turn.tools.map(({ name, ms }) => `${name.replaceAll('_', ' ')} ${milliseconds(ms)}`)
  return [
    turn.stopMs === null ? null : `You came in; silent after ${milliseconds(turn.stopMs)}.`,
    turn.underruns === 0 ? null : `The sound ran dry ${turn.underruns === 1 ? 'once' : `${turn.underruns} times`}.`,
    turn.handOffMs === null ? null : `Hand-over took ${milliseconds(turn.handOffMs)}.`,
    tools.length === 0 ? null : `Looked up: ${tools.join(', ')}.`,
  ].filter((remark) => remark !== null)
}
