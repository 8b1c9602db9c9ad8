import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { followEpisode } from './follow'

/** A service whose streams the test writes. */
class Streams {
  readonly asked: string[] = []
  readonly open: ReadableStreamDefaultController<Uint8Array>[] = []
  status = 200

  answer = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    this.asked.push(input instanceof Request ? input.url : input.toString())
    if (this.status !== 200) return Promise.resolve(Response.json({ code: 'x', detail: 'no' }, { status: this.status }))
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.open.push(controller)
        init?.signal?.addEventListener('abort', () => controller.error(new DOMException('aborted', 'AbortError')))
      },
    })
    return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }))
  }

  say(text: string) {
    this.open.at(-1)?.enqueue(new TextEncoder().encode(text))
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

describe('following a conversation', () => {
  let streams: Streams
  let stop: AbortController
  let changes: number
  let hidden: boolean
  const follow = () => void followEpisode('s 1', () => changes++, stop.signal)
  const look = (away: boolean) => {
    hidden = away
    document.dispatchEvent(new Event('visibilitychange'))
  }

  beforeEach(() => {
    vi.useFakeTimers()
    streams = new Streams()
    stop = new AbortController()
    changes = 0
    hidden = false
    vi.stubGlobal('fetch', streams.answer)
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
  })

  afterEach(async () => {
    stop.abort()
    await settle()
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  test('tells each change, and the opening, since something may have been said before', async () => {
    follow()
    await settle()
    expect(streams.asked[0]).toContain('/api/v1/memory/episodes/s%201/events')
    streams.say('event: open\ndata: {}\n\n')
    await settle()
    expect(changes).toBe(1)
    streams.say(': alive\n\n')
    await settle()
    expect(changes).toBe(1)
    streams.say('event: turn\ndata: {"id":"t1"}\n\n')
    await settle()
    expect(changes).toBe(2)
  })

  test('opens the stream again after it ended, soon at first and then with growing pauses', async () => {
    streams.status = 503
    follow()
    await settle()
    expect(streams.asked).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2000)
    expect(streams.asked).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(4900)
    expect(streams.asked).toHaveLength(2)
    streams.status = 200
    await vi.advanceTimersByTimeAsync(200)
    expect(streams.asked).toHaveLength(3)
  })

  test('gives up a stream of which nothing is heard', async () => {
    follow()
    await settle()
    await vi.advanceTimersByTimeAsync(41_000)
    expect(streams.asked).toHaveLength(2)
  })

  test('holds no connection while nobody looks at the page', async () => {
    follow()
    await settle()
    look(true)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(streams.asked).toHaveLength(1)
    look(false)
    await vi.advanceTimersByTimeAsync(1000)
    expect(streams.asked).toHaveLength(2)
  })
})
