/** Why this answer: the facts and passages that memory gave to the assistant for it, each with its source. */
import { useEffect, useId, useRef, useState } from 'react'
import { asProblem } from '../api/problems'
import { useWhy } from '../api/queries'
import type { Fact, Recalled } from '../api/types'
import { SourceWords } from '../conversation/RecalledChips'
import type { Turn } from '../conversation/turns'
import { Notice } from '../desk/Notice'
import { useAgentList } from '../desk/agents'
import { firstWords } from '../desk/words'
import { useWho } from '../session/signIn'
import { FactSource } from './FactSource'
import { asRecalled, whoSaid } from './sources'

interface WhySectionProps {
  /** The answer it is about; null before there is one. */
  readonly answer: Turn | null
  /** Set when the person asked for an older one. */
  readonly onLast: (() => void) | null
  /** Counts how often "why" was pressed: each time, this part comes into view. */
  readonly asked: number
}

/** So many stand before the numbers; the rest on demand. */
const SHOWN = 4

export function WhySection({ answer, onLast, asked }: WhySectionProps) {
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  const why = useWhy(useWho(), answer?.storedId ?? null)
  const served = useRef(0)

  useEffect(() => {
    if (asked === served.current) return undefined
    // After a sheet that has just opened has placed the focus itself.
    const frame = requestAnimationFrame(() => {
      // Once more when the sources are there: only then is there enough below the heading to bring it to the top.
      if (!why.isPending) served.current = asked
      heading.current?.focus({ preventScroll: true })
      heading.current?.scrollIntoView({ block: 'start' })
    })
    return () => cancelAnimationFrame(frame)
  }, [asked, why.isPending])

  return (
    <section aria-labelledby={id}>
      <h2 ref={heading} id={id} tabIndex={-1} className="label mb-2 scroll-mt-5 outline-none">
        Recalled for this answer
      </h2>
      {answer === null ? (
        <p className="quiet">When an answer draws on something you said before, it is listed here with its source.</p>
      ) : (
        <>
          {onLast && (
            <p className="quiet mb-2">
              “{firstWords(answer.text, 60)}” ·{' '}
              <button type="button" className="underline underline-offset-2 hover:text-ink" onClick={onLast}>
                Back to the last answer
              </button>
            </p>
          )}
          <Sources key={answer.key} answer={answer} query={why} />
        </>
      )}
    </section>
  )
}

function Sources({ answer, query }: { answer: Turn; query: ReturnType<typeof useWhy> }) {
  const agents = useAgentList()
  const { data: why, error, isPending, refetch } = query
  const [all, setAll] = useState(false)
  if (isPending && answer.recalled.length === 0) return <p className="quiet thinking">Looking up what was recalled…</p>
  if (error && answer.recalled.length === 0) {
    return (
      <Notice happened={asProblem(error).happened} sentences={[asProblem(error).remedy]} reference={asProblem(error).requestId} role="status">
        <button type="button" className="button" onClick={() => void refetch()}>
          Retry
        </button>
      </Notice>
    )
  }
  const passages: readonly { source: Recalled; who: string | null }[] = why
    ? why.passages.map((passage) => ({ source: asRecalled(passage), who: whoSaid(passage, agents) }))
    : answer.recalled.map((source) => ({ source, who: null }))
  const facts: readonly Fact[] = why?.facts ?? []
  const count = facts.length + passages.length
  if (count === 0) return <p className="quiet">{why === null && answer.how === 'spoken' ? 'It is not known what was recalled for this answer.' : 'This answer needed nothing from earlier.'}</p>

  const limit = all ? count : SHOWN
  const item = 'border-b border-line py-2.5 first:pt-0'
  return (
    <>
      <ul>
        {facts.slice(0, limit).map((fact) => (
          <li key={fact.id} className={item}>
            <FactSource fact={fact} />
          </li>
        ))}
        {passages.slice(0, Math.max(0, limit - facts.length)).map(({ source, who }) => (
          <li key={source.turn_id} className={item}>
            <SourceWords source={source} who={who} />
          </li>
        ))}
      </ul>
      {count > SHOWN && (
        <button type="button" aria-expanded={all} className="quiet mt-2.5 min-h-6 underline underline-offset-2 hover:text-ink" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${count}`}
        </button>
      )}
    </>
  )
}
