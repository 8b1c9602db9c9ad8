/** The answer that last sounded on this page, for a service that takes the call over and has to know what was heard of it. */
import type { Playing } from './protocol'

export class HeardSoFar {
  /** Null before the first answer of a call. */
  playing: Playing | null = null

  arrived(itemId: string, ms: number): void {
    const before = this.playing?.item_id === itemId ? this.playing : { item_id: itemId, ms: 0, received_ms: 0 }
    this.playing = { ...before, received_ms: Math.round(before.received_ms + ms), ended: false }
  }

  /** All of it has arrived. */
  ended(itemId: string): void {
    this.change(itemId, (playing) => ({ ...playing, ended: true }))
  }

  reached(itemId: string, ms: number): void {
    this.change(itemId, (playing) => ({ ...playing, ms: Math.min(ms, playing.received_ms) }))
  }

  /** Heard to its end; or cut after `ms`, and what had arrived of the rest is thrown away. */
  over(itemId: string, ms: number, finished: boolean): void {
    this.change(itemId, (playing) => {
      const heard = finished ? playing.received_ms : ms
      return { ...playing, ms: heard, received_ms: heard, ended: finished }
    })
  }

  /** The service goes on with an answer that was cut; what follows begins at `fromMs` of it. */
  resumed(itemId: string, fromMs: number): void {
    const ms = Math.round(fromMs)
    this.playing = { item_id: itemId, ms, received_ms: ms, ended: false }
  }

  private change(itemId: string, update: (playing: Playing) => Playing): void {
    if (this.playing?.item_id === itemId) this.playing = update(this.playing)
  }
}
