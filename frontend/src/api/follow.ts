/** Follows a conversation as it goes on elsewhere: in a call, in another window, at another replica. */
import { send } from './client'
import { EventParser } from './sse'

/** Pauses before the stream is opened again, in ms; the last one repeats. */
const PAUSES_MS = [1000, 2000, 5000, 15_000, 30_000]
/** The service says at least this often that it is there. */
const SILENCE_MS = 40_000

/**
 * Call `onChange` when something was said in a session, and each time the stream opens, since something may have been said
 * before. Ends when `signal` is aborted. A page that nobody looks at does not follow: browsers allow few connections.
 */
export async function followEpisode(sessionId: string, onChange: () => void, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    await visible(signal)
    if (signal.aborted) return
    const stop = new AbortController()
    const hidden = () => document.hidden && stop.abort()
    document.addEventListener('visibilitychange', hidden)
    try {
      await read(sessionId, onChange, AbortSignal.any([signal, stop.signal]))
      failures = 0
    } catch {
      // Whatever it was, the page has its own account and its transcript; following is worth trying again.
      if (!stop.signal.aborted) failures++
    } finally {
      document.removeEventListener('visibilitychange', hidden)
      stop.abort()
    }
    if (!document.hidden) await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0, signal)
  }
}

async function read(sessionId: string, onChange: () => void, signal: AbortSignal): Promise<void> {
  const response = await send(`/api/v1/memory/episodes/${encodeURIComponent(sessionId)}/events`, { headers: { Accept: 'text/event-stream' }, signal })
  if (response.body === null) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  const parser = new EventParser()
  try {
    for (;;) {
      const piece = await Promise.race([reader.read(), pause(SILENCE_MS, signal)])
      if (piece === undefined || piece.done) return
      if (parser.push(piece.value).length > 0) onChange()
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
      resolve(undefined)
    }
    const timer = setTimeout(over, ms)
    signal.addEventListener('abort', over)
  })
}

function visible(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!document.hidden || signal.aborted) {
      resolve()
      return
    }
    const over = () => {
      document.removeEventListener('visibilitychange', over)
      signal.removeEventListener('abort', over)
      resolve()
    }
    document.addEventListener('visibilitychange', over)
    signal.addEventListener('abort', over)
  })
}
