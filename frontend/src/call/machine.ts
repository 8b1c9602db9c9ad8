/**
 * The life of a call as a pure reducer: no clock, no socket, no sound. `controller.ts` does what the states ask for.
 *
 *   idle -> microphone -> connecting -> live -> idle
 *                             ^          |
 *                             +-- lost <-+      up to MAX_RETRIES times by itself, then by the person
 *   any of them -> failed (with the reason) -> microphone
 */
import type { Activity } from './protocol'
import type { Trouble } from './trouble'

/** About a minute and a half of them: longer than the service keeps a call that nobody comes back to. */
export const MAX_RETRIES = 50
/** Pauses before the automatic retries, in ms; the last one repeats. The first is at once: most breaks are over by then. */
export const BACK_OFF_MS: readonly number[] = [0, 250, 500, 1000, 2000]

export type CallPhase =
  | { readonly name: 'idle' }
  | { readonly name: 'microphone' }
  /** `after`: what broke the call that is being picked up again. `queue`: where the call stands among those that wait. */
  | { readonly name: 'connecting'; readonly attempt: number; readonly after: Trouble | null; readonly queue?: Queue }
  | { readonly name: 'live'; readonly activity: Activity }
  /** The connection is gone. `retryInMs` is null when no further automatic retry will come. */
  | { readonly name: 'lost'; readonly attempt: number; readonly retryInMs: number | null; readonly trouble: Trouble }
  | { readonly name: 'failed'; readonly trouble: Trouble }

export interface Queue {
  /** 1 is next. */
  readonly place: number
  readonly seconds: number
}

export interface Call {
  readonly phase: CallPhase
  readonly muted: boolean
  /** When the call was first live, ms since the epoch. */
  readonly startedAt: number | null
  /** Speech is coming out of the loudspeaker. */
  readonly sounding: boolean
  /** The network does not keep up: captured sound had to be left out. */
  readonly slow: boolean
  /** There is no connection at the moment; long: for so long that the person should know what to do meanwhile. */
  readonly away: 'briefly' | 'long' | null
  /** Something went wrong that did not end the call. */
  readonly notice: Trouble | null
}

export const NO_CALL: Call = { phase: { name: 'idle' }, muted: false, startedAt: null, sounding: false, slow: false, away: null, notice: null }

export type CallEvent =
  | { type: 'called' }
  | { type: 'microphoneReady' }
  | { type: 'failed'; trouble: Trouble }
  | { type: 'socketReady'; at: number }
  | { type: 'waiting'; queue: Queue }
  | { type: 'activity'; activity: Activity }
  | { type: 'sounding'; on: boolean }
  | { type: 'told'; trouble: Trouble }
  | { type: 'noticeRead' }
  | { type: 'closed'; trouble: Trouble | null }
  | { type: 'longAway' }
  | { type: 'resumed'; complete: boolean }
  | { type: 'retry' }
  | { type: 'slow'; on: boolean }
  | { type: 'muted'; on: boolean }
  | { type: 'hungUp' }

/** Whether the call holds the microphone. */
export function isOpen(call: Call): boolean {
  return call.phase.name !== 'idle' && call.phase.name !== 'failed'
}

export function callReducer(call: Call, event: CallEvent): Call {
  const { phase } = call
  switch (event.type) {
    case 'called':
      return isOpen(call) ? call : { ...NO_CALL, phase: { name: 'microphone' } }
    case 'microphoneReady':
      return phase.name === 'microphone' ? { ...call, phase: { name: 'connecting', attempt: 0, after: null } } : call
    case 'failed':
      return isOpen(call) ? { ...NO_CALL, phase: { name: 'failed', trouble: event.trouble } } : call
    case 'socketReady':
      if (phase.name !== 'connecting') return call
      return { ...call, phase: { name: 'live', activity: 'ready' }, startedAt: call.startedAt ?? event.at, slow: false, away: null }
    case 'waiting':
      return phase.name === 'connecting' ? { ...call, phase: { ...phase, queue: event.queue } } : call
    case 'activity':
      return phase.name === 'live' ? { ...call, phase: { name: 'live', activity: event.activity } } : call
    case 'sounding':
      if (!isOpen(call) || call.sounding === event.on) return call
      // An answer is heard: that the line broke before it no longer matters.
      return { ...call, sounding: event.on, notice: call.notice === PICKED_UP ? null : call.notice }
    case 'told':
      return isOpen(call) ? { ...call, notice: event.trouble } : call
    case 'noticeRead':
      return { ...call, notice: null }
    case 'closed':
      return closed(call, event.trouble)
    case 'longAway':
      return call.away === null ? call : { ...call, away: 'long' }
    case 'resumed':
      // Nothing is lost when the call itself went on; only where it had to begin anew may words be missing.
      return event.complete || !isOpen(call) ? call : { ...call, notice: PICKED_UP }
    case 'retry':
      return phase.name === 'lost' ? { ...call, phase: { name: 'connecting', attempt: phase.attempt, after: phase.trouble } } : call
    case 'slow':
      return call.slow === event.on ? call : { ...call, slow: event.on }
    case 'muted':
      return isOpen(call) ? { ...call, muted: event.on } : call
    case 'hungUp':
      return NO_CALL
  }
}

/** What to say once a call runs again that had to begin anew. */
export const PICKED_UP: Trouble = {
  code: 'picked_up',
  happened: 'The connection was gone for a moment.',
  remedy: 'If your last words were not answered, say them once more.',
  retryable: false,
}

function closed(call: Call, trouble: Trouble | null): Call {
  const { phase } = call
  if (phase.name !== 'live' && phase.name !== 'connecting') return call
  // A close without trouble is the service's good-bye.
  if (trouble === null) return NO_CALL
  if (!trouble.retryable) return { ...NO_CALL, phase: { name: 'failed', trouble } }
  const attempt = phase.name === 'connecting' ? phase.attempt + 1 : 1
  const retryInMs = attempt <= MAX_RETRIES ? (BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length) - 1] ?? null) : null
  // What has arrived of an answer is heard to its end, so `sounding` stays.
  return { ...call, away: call.away ?? 'briefly', notice: null, phase: { name: 'lost', attempt: retryInMs === null ? 0 : attempt, retryInMs, trouble } }
}
