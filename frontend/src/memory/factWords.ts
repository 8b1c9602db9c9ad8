/** A fact's story in plain words: where it came from, what it replaced, when it was true. */
import type { Fact, FactKind, Proof } from '../api/types'
import { day, onDay } from '../desk/words'

export const KIND_WORDS: Record<FactKind, string> = {
  profile: 'About you',
  preference: 'Preferences',
  event: 'Events',
  task: 'Tasks',
}

/** Below this, memory itself is not sure. */
const SURE = 0.6

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What was so before, quoted: only the words that differ, where the two sentences begin alike ("Works at …"). */
function former({ text, replaces }: Fact): string {
  const words = (replaces?.text ?? '').trim().replace(/[.!]+$/, '').split(/\s+/)
  const now = text.split(/\s+/)
  const same = words.findIndex((word, index) => word !== now[index])
  return `“${(same > 0 ? words.slice(same) : words).join(' ')}”`
}

function lastProof({ provenance }: Fact): Proof | undefined {
  return provenance.at(-1)
}

function origin(fact: Fact, now: Date): string {
  const proof = lastProof(fact)
  const at = fact.recorded_at ?? proof?.said_at ?? null
  const when = at === null ? '' : `, ${onDay(at, now)}`
  if (fact.source === 'user') return `${fact.replaces ? 'you changed it' : 'you added it'}${when}`
  if (fact.source === 'import') return `brought in from elsewhere${when}`
  if (proof) return proof.channel === 'voice' ? `you said so, ${onDay(proof.said_at, now)}, aloud` : `you typed it, ${onDay(proof.said_at, now)}`
  return `${fact.source === 'zep' ? 'from Zep' : 'noted'}${when}`
}

/** One soft line under a fact: "You said so, today, aloud", or since when it is so and what was so before. */
export function cameFrom(fact: Fact, now: Date = new Date()): string {
  const end = fact.valid_to ?? fact.superseded_at
  if (!fact.current && end !== null) return `Until ${onDay(end, now)} · ${origin(fact, now)}`
  if (!fact.replaces) return capital(origin(fact, now))
  if (fact.source === 'user') return `${capital(origin(fact, now))} · was ${former(fact)}`
  const begin = fact.valid_from ?? lastProof(fact)?.said_at ?? fact.recorded_at
  if (begin === null) return `${capital(origin(fact, now))} · was ${former(fact)} before`
  return `${new Date(begin) > now ? 'From' : 'Since'} ${onDay(begin, now)} · was ${former(fact)} until then`
}

/** When it was or is true, as far as that is known. */
export function validity({ valid_from: from, valid_to: to }: Fact, now: Date = new Date()): string | null {
  const over = to !== null && new Date(to) <= now
  if (from !== null && to !== null) return `${over ? 'Was true' : 'True'} from ${day(from, now)} until ${day(to, now)}.`
  if (from !== null) return `True since ${day(from, now)}.`.replace('since', new Date(from) > now ? 'from' : 'since')
  return to === null ? null : `${over ? 'Was true' : 'True'} until ${day(to, now)}.`
}

/** Said where memory is not sure of a fact. */
export function doubt({ confidence, current }: Fact): string | null {
  return current && confidence < SURE ? 'They are not sure of this: correct it if it is wrong.' : null
}
