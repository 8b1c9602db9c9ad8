/** One request to the service: the caller's token, JSON both ways, a time-out, and a ProblemError for every failure. */
import { signInWay } from '../session/signIn'
import { apiUrl } from './addresses'
import { claimsOf } from './challenge'
import { ProblemError, problemFrom, timedOut, unreachable } from './problems'

/** How long a whole JSON answer may take. Streams are not bound by it: they show that they live. */
export const ANSWER_TIMEOUT_MS = 15_000

/**
 * Send a request; an answer that is not 2xx, or none at all, raises ProblemError. An abort is passed on as it is.
 *
 * A token that is refused is replaced by a better one, where that takes no person, and the request repeated once. Its body
 * must be text. `anonymous` requests carry no token.
 */
export async function send(path: string, init: RequestInit = {}, { anonymous = false } = {}): Promise<Response> {
  const way = signInWay()
  for (let again = false; ; again = true) {
    const token = anonymous ? null : await way.token()
    init.signal?.throwIfAborted()
    const response = await attempt(path, init, token)
    if (response.ok) return response
    const body: unknown = await response.json().catch(() => null)
    const problem = problemFrom(response.status, body, response.headers.get('Retry-After'))
    if (response.status === 401 && !anonymous) {
      const claims = claimsOf(response.headers.get('WWW-Authenticate'))
      if ((await way.stepUp({ token, code: problem.code, claims, again })) && !again) continue
    }
    throw new ProblemError(problem)
  }
}

async function attempt(path: string, init: RequestInit, token: string | null): Promise<Response> {
  const headers = new Headers(init.headers)
  if (token !== null) headers.set('Authorization', `Bearer ${token}`)
  try {
    return await fetch(apiUrl(path), { ...init, headers })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new ProblemError(unreachable())
  }
}

/** GET a JSON document. */
export function getJson<T>(path: string, signal?: AbortSignal, { anonymous = false } = {}): Promise<T> {
  return inTime(signal, async (within) => document<T>(await send(path, { headers: { Accept: 'application/json' }, signal: within }, { anonymous })))
}

/** Send a JSON document (or none) and read the one that comes back; an answer without content is undefined. */
export function sendJson<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const headers = { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) }
  return inTime(signal, async (within) => {
    const response = await send(path, { method, headers, ...(body && { body: JSON.stringify(body) }), signal: within })
    return response.status === 204 ? (undefined as T) : document<T>(response)
  })
}

/** Do one exchange, the reading of its answer included, within the time-out. */
async function inTime<T>(signal: AbortSignal | undefined, exchange: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  try {
    return await exchange(signal ? AbortSignal.any([signal, limit]) : limit)
  } catch (error) {
    if (limit.aborted && signal?.aborted !== true && !(error instanceof ProblemError)) throw new ProblemError(timedOut())
    throw error
  }
}

async function document<T>(response: Response): Promise<T> {
  const type = response.headers.get('Content-Type') ?? ''
  // A wrongly set address often answers with this very page: say so instead of failing on its first character.
  if (!type.includes('json')) {
    throw new ProblemError({
      ...problemFrom(502, null),
      code: 'not_the_service',
      happened: 'The address of the service answers, but not as Engram does.',
      remedy: 'Check VITE_API_URL of this build.',
    })
  }
  return (await response.json()) as T
}
