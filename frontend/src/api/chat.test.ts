import { afterEach, describe, expect, test, vi } from 'vitest'
import { openSignIn } from '../session/signIn'
import { streamChat } from './chat'
import { ProblemError } from './problems'

const REQUEST = { content: 'Hello', agent_id: 'elena', session_id: 's1' }
const REPLY = { message_id: 'm', content: 'Hi there', agent_id: 'elena', agent_name: 'Elena', session_id: 's1', timestamp: '2026-01-01T00:00:00Z', tokens_used: 7, latency_ms: 12, recalled: [] }

function answers(body: string, init: ResponseInit & { type?: string } = {}) {
  const { type = 'text/event-stream', ...rest } = init
  const fetching = vi.fn<typeof fetch>().mockResolvedValue(new Response(body, { ...rest, headers: { 'Content-Type': type, ...rest.headers } }))
  vi.stubGlobal('fetch', fetching)
  return fetching
}

const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

async function problemOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ProblemError)
  return (error as ProblemError).problem
}

afterEach(() => {
  vi.unstubAllGlobals()
  openSignIn({ auth_mode: 'none' })
})

describe('a streamed chat turn', () => {
  test('hands out the words as they come and returns the whole reply', async () => {
    const fetching = answers(event('delta', { text: 'Hi ' }) + event('delta', { text: 'there' }) + event('done', REPLY))
    const words: string[] = []
    expect(await streamChat(REQUEST, (text) => words.push(text), () => undefined, new AbortController().signal)).toEqual(REPLY)
    expect(words).toEqual(['Hi ', 'there'])
    const [, init] = fetching.mock.calls[0] ?? []
    expect(new Headers(init?.headers).get('Accept')).toBe('text/event-stream')
    expect(new Headers(init?.headers).get('Authorization')).toBeNull()
    expect(init?.body).toBe(JSON.stringify(REQUEST))
  })

  test('tells which tools the answer waits for', async () => {
    const tool = { name: 'search_memory', call_id: 'c1', status: 'started' }
    answers(event('tool', tool) + event('tool', { ...tool, status: 'done' }) + event('done', REPLY))
    const told: string[] = []
    await streamChat(REQUEST, () => undefined, ({ name, status }) => told.push(`${name} ${status}`), new AbortController().signal)
    expect(told).toEqual(['search_memory started', 'search_memory done'])
  })

  test('sends the token as a bearer header', async () => {
    await openSignIn({ auth_mode: 'dev_tokens' }).signIn('dev_alice_analyst')
    const fetching = answers(event('done', REPLY))
    await streamChat(REQUEST, () => undefined, () => undefined, new AbortController().signal)
    expect(new Headers(fetching.mock.calls[0]?.[1]?.headers).get('Authorization')).toBe('Bearer dev_alice_analyst')
  })

  test('raises the problem that an error event carries', async () => {
    answers(event('delta', { text: 'Hi' }) + event('error', { type: 'https://x/problems/gateway_timeout', title: 'Timed out', status: 504, detail: 'No answer within 60 s.', request_id: 'r1' }))
    expect(await problemOf(streamChat(REQUEST, () => undefined, () => undefined, new AbortController().signal))).toMatchObject({
      status: 504,
      code: 'gateway_timeout',
      happened: 'Timed out.',
      remedy: 'No answer within 60 s.',
      retryable: true,
      requestId: 'r1',
    })
  })

  test('never takes a stream that ends early for an answer', async () => {
    answers(event('delta', { text: 'Hi' }))
    expect(await problemOf(streamChat(REQUEST, () => undefined, () => undefined, new AbortController().signal))).toMatchObject({ code: 'cut_short', retryable: true })
  })

  test('reads a refusal with its Retry-After', async () => {
    answers(JSON.stringify({ title: 'Busy', status: 429, detail: 'Too many requests' }), { status: 429, type: 'application/problem+json', headers: { 'Retry-After': '7' } })
    expect(await problemOf(streamChat(REQUEST, () => undefined, () => undefined, new AbortController().signal))).toMatchObject({ status: 429, happened: 'Busy.', retryAfter: 7, retryable: true })
  })

  test('describes a proxy’s own error page by its status', async () => {
    answers('<html>Bad gateway</html>', { status: 502, type: 'text/html' })
    const problem = await problemOf(streamChat(REQUEST, () => undefined, () => undefined, new AbortController().signal))
    expect(problem.happened).toBe('The service got a bad answer from the assistant.')
    expect(problem.remedy).toBe('')
  })

  test('says that nothing could be reached when nothing answers', async () => {
    vi.stubGlobal('fetch', vi.fn<typeof fetch>().mockRejectedValue(new TypeError('Failed to fetch')))
    expect(await problemOf(streamChat(REQUEST, () => undefined, () => undefined, new AbortController().signal))).toMatchObject({ status: 0, code: 'unreachable' })
  })
})
