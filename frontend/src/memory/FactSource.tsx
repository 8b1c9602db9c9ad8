/** A fact that was used, where it came from, and the way there. */
import type { Fact } from '../api/types'
import { useOpenEpisode } from '../desk/openEpisode'
import { cameFrom } from './factWords'

export function FactSource({ fact }: { fact: Fact }) {
  const openEpisode = useOpenEpisode()
  const proof = fact.provenance.at(-1)
  return (
    <>
      <p className="font-voice text-[16px]/[1.4] wrap-anywhere">{fact.text}</p>
      <p className="quiet mt-1">{cameFrom(fact)}</p>
      {proof && (
        <button type="button" className="quiet min-h-6 underline underline-offset-2 hover:text-ink" onClick={() => openEpisode(proof.session_id, proof.turn_id)}>
          Open that conversation
        </button>
      )}
    </>
  )
}
