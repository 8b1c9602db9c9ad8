import { afterEach, describe, expect, test, vi } from 'vitest'
import { ANSWER_TIMEOUT_MS, getJson, sendJson } from './client'
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
