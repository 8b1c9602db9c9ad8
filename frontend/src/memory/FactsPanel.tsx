/** "What they know about you", in the side panel: the newest facts, and the way to all of them. */
import { useId, useState } from 'react'
import { asProblem } from '../api/problems'
import { useFacts } from '../api/queries'
import { Notice } from '../desk/Notice'
import { useAgentList } from '../desk/agents'
import { OpenEpisodeContext, useOpenEpisode } from '../desk/openEpisode'
import { useMayChange, useWho } from '../session/signIn'
import { AddFact } from './AddFact'
import { AllFacts } from './AllFacts'
import { FactList } from './FactList'
import { FACTS_SHOWN } from './useNoted'

export function FactsPanel() {
  const heading = useId()
  const mayChange = useMayChange()
  const openEpisode = useOpenEpisode()
  const { data, error, isPending, refetch } = useFacts(useWho(), { limit: FACTS_SHOWN })
  const [adding, setAdding] = useState(false)
  const [all, setAll] = useState(false)
  const facts = data?.pages[0]?.facts ?? []

  return (
    <section aria-labelledby={heading}>
      <h2 id={heading} data-heading tabIndex={-1} className="label mb-1 outline-none">
        What they know about you
      </h2>
      {isPending && <p className="quiet thinking py-1">Looking up what they know…</p>}
      {error && !data && (
        <Notice happened={asProblem(error).happened} sentences={[asProblem(error).remedy, 'What they know is safe.']} reference={asProblem(error).requestId} role="status">
          <button type="button" className="button" onClick={() => void refetch()}>
            Retry
          </button>
        </Notice>
      )}
      {data && facts.length === 0 && <NothingYet />}
      {facts.length > 0 && <FactList facts={facts} label="What they know about you" />}
      {data && (
        <div className={`mt-2.5 flex flex-wrap gap-x-4 gap-y-1 ${adding ? 'flex-col' : ''}`}>
          {/* With nothing current there may still be what was true before. */}
          <button type="button" aria-haspopup="dialog" className="quiet min-h-6 self-start underline underline-offset-2 hover:text-ink" onClick={() => setAll(true)}>
            Show all
          </button>
          {mayChange ? <AddFact open={adding} onOpenChange={setAdding} /> : <p className="quiet self-center">You may read this, not change it.</p>}
        </div>
      )}
      <OpenEpisodeContext
        value={(sessionId, turnId) => {
          setAll(false)
          openEpisode(sessionId, turnId)
        }}
      >
        <AllFacts open={all} onOpenChange={setAll} />
      </OpenEpisodeContext>
    </section>
  )
}

export function NothingYet() {
  const names = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(useAgentList().map(({ name }) => name))
  return <p className="quiet py-1">Nothing yet. Tell {names} about yourself, aloud or in writing, and it is listed here.</p>
}
