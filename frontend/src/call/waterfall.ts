/**
 * How long the person waited for the last spoken answer, measured on this page: from the last sound of their own voice to the
 * first sound of the answer leaving the loudspeaker. Nothing of it is reported by the service.
 */

/** Milliseconds since the person stopped speaking; null for what did not happen. */
export interface Waterfall {
  /** The service noticed the end of the sentence. */
  readonly turnEnd: number | null
  /** The words were final. */
  readonly understood: number | null
  /** The first word of the answer was there. */
  readonly firstWord: number | null
  /** The first sound of the answer reached the loudspeaker. */
  readonly firstSound: number | null
}

/** Quieter than this (root mean square) is never speech. About -40 dBFS. */
const LEAST_SPEECH = 0.01
/** Speech is this much louder than the room. */
const ABOVE_ROOM = 3
/** How fast the estimate of the room's noise rises, a frame; it falls at once. */
const ROOM_RISE = 1.02

export class WaterfallClock {
  private room = LEAST_SPEECH / ABOVE_ROOM
  private lastVoice: number | null = null
  private origin: number | null = null
  private marks: Waterfall = { turnEnd: null, understood: null, firstWord: null, firstSound: null }

  /** One captured frame. `at` is in ms on any steady clock, the same for all methods. */
  frame(rms: number, at: number): void {
    this.room = rms < this.room ? rms : Math.min(this.room * ROOM_RISE, LEAST_SPEECH)
    if (rms > Math.max(LEAST_SPEECH, this.room * ABOVE_ROOM)) this.lastVoice = at
  }

  /** The service says that the person stopped speaking. */
  turnEnded(at: number): void {
    this.origin = this.lastVoice
    this.marks = { turnEnd: this.since(at), understood: null, firstWord: null, firstSound: null }
  }

  understood(at: number): void {
    this.marks = { ...this.marks, understood: this.marks.understood ?? this.since(at) }
  }

  firstWord(at: number): void {
    this.marks = { ...this.marks, firstWord: this.marks.firstWord ?? this.since(at) }
  }

  /** Speech of the answer begins to sound; return the finished account, or null when there was no spoken question. */
  firstSound(at: number): Waterfall | null {
    if (this.origin === null) return null
    const account = { ...this.marks, firstSound: this.since(at) }
    this.origin = null
    return account
  }

  private since(at: number): number | null {
    return this.origin === null ? null : Math.max(0, Math.round(at - this.origin))
  }
}
