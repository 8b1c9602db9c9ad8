import { afterEach, describe, expect, test, vi } from 'vitest'
import { ANSWER_TIMEOUT_MS, getJson, sendJson } from './client'
import * as signInRoom from '../session/signIn'
import type { Refusal } from '../session/standing'
import { json } from '../test/service'

/** A service that never answers, and an alarm that rings at once. */
function silence() {
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    expect(ms).toBe(ANSWER_TIMEOUT_MS)
    const alarm = new AbortController()
    queueMicrotask(() => alarm.abort(new DOMException('late', 'TimeoutError')))
    return alarm.signal
  })
  vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))))
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** A way of signing in whose tokens are numbered; `better` says what a refused request may hope for. */
function numbered(better: (refusal: Refusal) => boolean) {
  let count = 1
  const refusals: Refusal[] = []
  vi.spyOn(signInRoom, 'signInWay').mockReturnValue({
    standing: { name: 'in', who: null },
    subscribe: () => () => undefined,
    token: async () => `t${count}`,
    signIn: async () => undefined,
    signOut: async () => undefined,
    stepUp: async (refusal) => {
      refusals.push(refusal)
      count++
      return better(refusal)
    },
  })
  return refusals
}

const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
const challenge = () =>
  new Response(JSON.stringify({ type: 'https://e/problems/mfa_required', title: 'Further proof', status: 401 }), {
    status: 401,
    headers: { 'Content-Type': 'application/problem+json', 'WWW-Authenticate': `Bearer realm="engram", error="insufficient_claims", claims="${btoa(CLAIMS)}"` },
  })

describe('a request whose token is refused', () => {
  test('is repeated once, as it was, with a token that holds what was asked for', async () => {
    const refusals = numbered(() => true)
    const sent: [string | null, unknown][] = []
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
      sent.push([new Headers(init.headers).get('Authorization'), init.body])
      return sent.length === 1 ? challenge() : json({ ok: true })
    })
    expect(await sendJson('POST', '/api/v1/memory/facts', { text: 'x' })).toEqual({ ok: true })
    expect(sent).toEqual([
      ['Bearer t1', '{"text":"x"}'],
      ['Bearer t2', '{"text":"x"}'],
    ])
    expect(refusals).toEqual([{ token: 't1', code: 'mfa_required', claims: CLAIMS, again: false }])
  })

  test('is not repeated a second time', async () => {
    const refusals = numbered(() => true)
    const fetching = vi.fn<typeof fetch>(async () => challenge())
    vi.stubGlobal('fetch', fetching)
    await expect(getJson('/api/v1/memory/facts')).rejects.toMatchObject({ problem: { status: 401, code: 'mfa_required' } })
    expect(fetching).toHaveBeenCalledTimes(2)
    expect(refusals.map(({ again }) => again)).toEqual([false, true])
  })

  test('is a problem at once when there is no better token', async () => {
    numbered(() => false)
    const fetching = vi.fn<typeof fetch>(async () => challenge())
    vi.stubGlobal('fetch', fetching)
    await expect(getJson('/api/v1/memory/facts')).rejects.toMatchObject({ problem: { code: 'mfa_required' } })
    expect(fetching).toHaveBeenCalledTimes(1)
  })

  test('never was one where it carries none', async () => {
    const refusals = numbered(() => true)
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => (new Headers(init.headers).has('Authorization') ? json({}) : challenge()))
    await expect(getJson('/api/v1/config', undefined, { anonymous: true })).rejects.toMatchObject({ problem: { status: 401 } })
    expect(refusals).toEqual([])
  })
})

describe('an exchange with the service', () => {
  test('that takes too long is a problem with a remedy', async () => {
    silence()
    await expect(getJson('/api/v1/memory/facts')).rejects.toMatchObject({ problem: { code: 'timed_out', retryable: true, happened: 'The service did not answer in time.' } })
    await expect(sendJson('PATCH', '/api/v1/memory/facts/f', { text: 'x' })).rejects.toMatchObject({ problem: { code: 'timed_out' } })
  })

  test('that is no longer wanted is no problem', async () => {
    vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))))
    const unwanted = new AbortController()
    const answer = getJson('/api/v1/memory/facts', unwanted.signal)
    unwanted.abort()
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('sends and reads JSON, and knows an answer without content', async () => {
    const seen: RequestInit[] = []
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
      seen.push(init)
      return init.method === 'DELETE' ? new Response(null, { status: 204 }) : json({ ok: true })
    })
    expect(await sendJson('POST', '/x', { text: 'é' })).toEqual({ ok: true })
    expect(await sendJson('DELETE', '/x')).toBeUndefined()
    expect(seen[0]?.body).toBe('{"text":"é"}')
    expect(new Headers(seen[0]?.headers).get('Content-Type')).toBe('application/json')
    expect(new Headers(seen[1]?.headers).has('Content-Type')).toBe(false)
  })
})
