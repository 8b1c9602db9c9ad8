/** What memory found, in the forms in which the page shows it. */
import type { Agent, FoundTurn, Period, Recalled } from '../api/types'
import { agentName } from '../desk/agents'

export function asRecalled({ turn_id, session_id, timestamp, content }: FoundTurn): Recalled {
  return { turn_id, session_id, said_at: timestamp, excerpt: content }
}

export function whoSaid({ role, agent_id }: FoundTurn, agents: readonly Agent[]): string {
  return role === 'user' ? 'You' : agentName(agents, agent_id)
}

function dateInUtc(time: number): string {
  const date = new Date(time)
  const sameYear = date.getUTCFullYear() === new Date().getUTCFullYear()
  return date.toLocaleDateString(undefined, { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }), timeZone: 'UTC' })
}

/** `“last week” as 4 May to 10 May`. Periods are whole days in UTC, half-open. */
export function periodWords({ begin, end, words }: Period): string {
  const first = dateInUtc(Date.parse(begin))
  const last = dateInUtc(Date.parse(end) - 1)
  return `“${words}” as ${first === last ? first : `${first} to ${last}`}`
}
