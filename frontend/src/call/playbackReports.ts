/**
 * What only this page can measure of a turn, as `playback` messages for the service: when the person fell silent, when the
 * answer reached the loudspeaker, and how its sound came. Intervals on this page's clock; the service puts them on its own
 * (backend/voice/call/stopwatch.py). Every `at` is in ms on one steady clock.
 */
import type { PlaybackMessage } from '../audio/messages'
import type { ClientMessage } from './protocol'

type PlaybackReport = Extract<ClientMessage, { type: 'playback' }>

/** Quieter than this (root mean square) is never speech. About -40 dBFS. */
const LEAST_SPEECH = 0.01
/** Speech is this much louder than the room. */
const ABOVE_ROOM = 3
/** How fast the estimate of the room's noise rises, a frame; it falls at once. */
const ROOM_RISE = 1.02
/** An interval longer than this says nothing about a turn; the service takes none. */
const LONGEST_MS = 60_000

export class PlaybackReports {
  private room = LEAST_SPEECH / ABOVE_ROOM
  private lastVoice: number | null = null
  private silence: number | null = null
  private lastTurn = ''
  private readonly arrived = new Map<string, number>()
  private gaps = 0

  /** One captured frame. */
  frame(rms: number, at: number): void {
    this.room = rms < this.room ? rms : Math.min(this.room * ROOM_RISE, LEAST_SPEECH)
    if (rms > Math.max(LEAST_SPEECH, this.room * ABOVE_ROOM)) this.lastVoice = at
  }

  /** The service says that this turn of the person is over; it may say so again with each word that it makes out. */
  turnOver(itemId: string, at: number): void {
    if (itemId === this.lastTurn) return
    this.lastTurn = itemId
    this.silence = this.lastVoice === null ? null : at - this.lastVoice
    this.lastVoice = null
  }

  /** A piece of an answer has come. */
  soundArrived(itemId: string, at: number): void {
    if (!this.arrived.has(itemId)) this.arrived.set(itemId, at)
  }

  /** What the playback worklet tells; returns the report that follows from it. outputMs: from here to the ear. */
  played(event: PlaybackMessage, at: number, outputMs: number): PlaybackReport | null {
    switch (event.type) {
      case 'started':
        return this.started(event.itemId, event.heldMs, at, outputMs)
      case 'gap':
        this.gaps++
        return null
      case 'finished':
      case 'flushed':
        return this.over(event.itemId, event.type, event.heldMs, outputMs)
      default:
        return null
    }
  }

  private started(itemId: string, heldMs: number, at: number, outputMs: number): PlaybackReport | null {
    const arrived = this.arrived.get(itemId)
    const { silence } = this
    this.silence = null
    this.gaps = 0
    if (arrived === undefined || at - arrived > LONGEST_MS) return null
    return {
      type: 'playback',
      item_id: itemId,
      waited_ms: tenths(at - arrived),
      output_ms: tenths(outputMs),
      ...(silence !== null && silence >= 0 && silence <= LONGEST_MS && { silence_ms: tenths(silence) }),
      buffer_ms: tenths(heldMs),
    }
  }

  private over(itemId: string, how: 'finished' | 'flushed', heldMs: number, outputMs: number): PlaybackReport {
    this.arrived.delete(itemId)
    const { gaps } = this
    this.gaps = 0
    return {
      type: 'playback',
      item_id: itemId,
      output_ms: tenths(outputMs),
      gaps,
      buffer_ms: tenths(heldMs),
      over: how,
    }
  }

  /** Another call begins; the room stays the same. */
  clear(): void {
    this.lastVoice = null
    this.silence = null
    this.arrived.clear()
    this.gaps = 0
  }
}

function tenths(ms: number): number {
  return Math.max(0, Math.round(ms * 10) / 10)
}
