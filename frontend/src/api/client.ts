/** One request to the service: the caller's token, JSON both ways, and a ProblemError for every failure. */
import { currentToken } from '../session/signIn'
import { apiUrl } from './addresses'
import { ProblemError, problemFrom, unreachable } from './problems'

/** Send a request; an answer that is not 2xx, or none at all, raises ProblemError. An abort is passed on as it is. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  const token = currentToken()
  if (token !== null) headers.set('Authorization', `Bearer ${token}`)
  let response: Response
  try {
    response = await fetch(apiUrl(path), { ...init, headers })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ProblemError(unreachable())
  }
  if (response.ok) return response
  const body: unknown = await response.json().catch(() => null)
  throw new ProblemError(problemFrom(response.status, body, response.headers.get('Retry-After')))
}

/** GET a JSON document. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, { headers: { Accept: 'application/json' }, ...(signal && { signal }) })
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
