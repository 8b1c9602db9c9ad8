/** What was found in earlier conversations: passages with who said them and when; choosing one opens it there. */
import { asProblem } from '../api/problems'
import { useSearch } from '../api/queries'
import type { Fact, FoundTurn, SearchAnswer } from '../api/types'
import { Notice } from '../desk/Notice'
import { useAgentList } from '../desk/agents'
import { useOpenEpisode } from '../desk/openEpisode'
import { day, firstWords } from '../desk/words'
import { useWho } from '../session/signIn'
import { cameFrom } from './factWords'
import { periodWords, whoSaid } from './sources'
import { useSettled } from './useSettled'

const FACTS_SHOWN = 3
/** Long enough to tell one passage from another, short enough for a list. */
const PASSAGE_LENGTH = 150

export function EpisodeSearch({ words }: { words: string }) {
  const settled = useSettled(words)
  const { data, error, isPlaceholderData, refetch } = useSearch(useWho(), settled)
  const current = data && !isPlaceholderData && settled === words ? data : null
  return (
    <div className="-mx-2 flex min-h-0 flex-1 flex-col gap-[18px] overflow-y-auto px-2" aria-busy={current === null && !error}>
      <p role="status" className="quiet px-0.5">
        {error ? '' : current === null ? 'Searching…' : outcome(current)}
      </p>
      {error && (
        <Notice happened="The search did not work." sentences={[asProblem(error).happened, asProblem(error).remedy]} reference={asProblem(error).requestId} role="status">
          <button type="button" className="button" onClick={() => void refetch()}>
            Retry
          </button>
        </Notice>
      )}
      {data && !error && <Found found={data} />}
    </div>
  )
}

function outcome({ supported, facts, passages, understood }: SearchAnswer): string {
  if (facts.length === 0 && passages.length === 0) return 'Nothing was found. Try other words.'
  const periods = understood?.periods ?? []
  return [
    supported ? null : 'Nothing you said seems to answer that. The nearest:',
    periods.length > 0 ? `Understood ${periods.map(periodWords).join(', ')}.` : null,
    supported && periods.length === 0 ? `${passages.length} ${passages.length === 1 ? 'passage' : 'passages'}` : null,
  ]
    .filter(Boolean)
    .join(' ')
}

const LINK = '-mx-0.5 block w-[calc(100%+4px)] rounded-[10px] px-2.5 py-2 text-left hover:bg-you-wash'

function Found({ found: { facts, passages } }: { found: SearchAnswer }) {
  return (
    <>
      {facts.length > 0 && (
        <section aria-label="What they know">
          <h2 className="label mb-2 px-0.5">What they know</h2>
          <ul>
            {facts.slice(0, FACTS_SHOWN).map((fact) => (
              <li key={fact.id}>
                <FactLink fact={fact} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {passages.length > 0 && (
        <section aria-label="What was said">
          <h2 className="label mb-2 px-0.5">What was said</h2>
          <ul>
            {passages.map((passage) => (
              <li key={passage.turn_id}>
                <PassageLink passage={passage} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

function FactLink({ fact }: { fact: Fact }) {
  const openEpisode = useOpenEpisode()
  const proof = fact.provenance.at(-1)
  const words = (
    <>
      <span className="block font-voice text-[16px]/[1.4] wrap-anywhere">{fact.text}</span>
      <span className="quiet block">{cameFrom(fact)}</span>
    </>
  )
  return proof ? (
    <button type="button" className={LINK} onClick={() => openEpisode(proof.session_id, proof.turn_id)}>
      {words}
    </button>
  ) : (
    <p className="px-2 py-2">{words}</p>
  )
}

function PassageLink({ passage }: { passage: FoundTurn }) {
  const agents = useAgentList()
  const openEpisode = useOpenEpisode()
  return (
    <button type="button" data-passage={passage.turn_id} className={LINK} onClick={() => openEpisode(passage.session_id, passage.turn_id)}>
      <span className={`block wrap-anywhere ${passage.role === 'assistant' ? 'font-voice text-[16px]/[1.4]' : 'text-[14px]/[1.45]'}`}>{firstWords(passage.content, PASSAGE_LENGTH)}</span>
      <span className="quiet block">
        {whoSaid(passage, agents)}, {passage.channel === 'voice' ? 'aloud' : 'in writing'} · {day(passage.timestamp)}
      </span>
    </button>
  )
}
