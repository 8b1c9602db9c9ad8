/**
 * What the playback worklet does, as a plain class: speech of the wire in, blocks for the sound card out, and a running
 * account of what has been played. An interruption is silent within one block (128 samples, under 3 ms); the suspicion of one
 * turns the sound down as fast, and it comes back by itself when nothing follows.
 */
import type { Line } from './arrivalTimes'
import { JitterBuffer, type Position } from './jitterBuffer'
import { WIRE_RATE } from './pcm'
import { Resampler } from './resampler'

export type PlaybackEvent =
  /** `heldMs`: how long sound of the item that had arrived was held back, so far and, at its end, in all. */
  | { readonly type: 'started'; readonly itemId: string; readonly heldMs: number }
  | { readonly type: 'position'; readonly itemId: string; readonly ms: number }
  | { readonly type: 'finished'; readonly itemId: string; readonly ms: number; readonly heldMs: number }
  | { readonly type: 'flushed'; readonly itemId: string; readonly ms: number; readonly heldMs: number }
  | { readonly type: 'level'; readonly peak: number }
  | { readonly type: 'gap' }

/** The played position is reported at least this often while speech plays. */
const POSITION_EVERY_MS = 100
/** How often the level is reported while speech plays: one point of the trace. */
const LEVEL_EVERY_MS = 40
/** Samples over which speech rises from silence, at the wire rate: it may begin in the middle of a wave. */
const RISE = 64
/** How far speech is turned down while somebody may be interrupting: -18 dB. */
const DUCK_GAIN = 10 ** (-18 / 20)
/** How long it stays down without the service having noticed anybody. */
const DUCK_MS = 400
/** How long it takes to come back. */
const RESTORE_MS = 150
/** Samples taken from the buffer at a time; small, so that the reported position is close to what sounds. */
const STEP = 32

export class PlaybackCore {
  private readonly buffer: JitterBuffer
  private readonly resampler: Resampler
  private readonly onEvent: (event: PlaybackEvent) => void
  private readonly rate: number
  private readonly step = new Float32Array(STEP)
  private ready: Float32Array
  private readyCount = 0
  private flushing = false
  /** 1 while speech sounds, 0 while it is quiet; it changes along one block, so that nothing clicks. */
  private gain = 0
  private risen = 0
  /** 1, or less while the answer is turned down; `duckedMs` counts down until it may come back. */
  private volume = 1
  private duckedMs = 0
  private running: string | null = null
  private sincePosition = 0
  private sinceLevel = 0
  /** The highest sample since the last report or, every other time, the lowest. */
  private peak = 0
  private upwards = true
  private gapsTold = 0

  constructor(contextRate: number, onEvent: (event: PlaybackEvent) => void, buffer = new JitterBuffer()) {
    this.buffer = buffer
    this.rate = contextRate
    this.resampler = new Resampler(WIRE_RATE, contextRate)
    this.onEvent = onEvent
    this.ready = new Float32Array(4096)
  }

  /** Queue PCM16 samples at the wire rate. line: what is known of the line with an answer's first piece. */
  push(itemId: string, samples: Int16Array, line?: Line): void {
    this.buffer.push(itemId, samples, line)
  }

  /** All speech of the item has been queued. */
  end(itemId: string): void {
    this.buffer.end(itemId)
  }

  /** Fall silent with the next block and ignore what still comes for the items that were playing (and for `itemId`). */
  flush(itemId?: string): void {
    this.flushing = true
    if (itemId !== undefined && this.buffer.drop(itemId)) this.onEvent({ type: 'flushed', itemId, ms: 0, heldMs: 0 })
  }

  /** The interruption was none: speech of the item comes again, from this moment of it. */
  resume(itemId: string, fromMs: number): void {
    if (this.flushing) this.cutOff()
    this.buffer.resume(itemId, fromMs)
  }

  /** Somebody may be interrupting: turn the speech down with the next block. Tells whether there is any. */
  duck(): boolean {
    if (!this.buffer.playing || this.flushing) return false
    this.duckedMs = DUCK_MS
    return true
  }

  /** Whether speech is turned down because somebody may be interrupting. */
  get ducked(): boolean {
    return this.duckedMs > 0
  }

  /** Fill one block of the context. */
  render(out: Float32Array): void {
    // Two blocks ahead: this block is still whole, the next one may not be.
    const wanted = Math.ceil((out.length * WIRE_RATE) / this.rate) + STEP
    const last = this.buffer.nearlyEmpty(2 * wanted)
    const speech = this.fill(out.length)
    out.set(this.ready.subarray(0, out.length))
    this.ready.copyWithin(0, out.length, this.readyCount)
    this.readyCount -= out.length

    const goal = this.flushing || last ? 0 : speech > 0 ? 1 : this.gain
    const volume = this.nextVolume((out.length * 1000) / this.rate)
    ramp(out, this.gain * this.volume, goal * volume)
    this.gain = goal
    this.volume = volume
    if (this.flushing) this.cutOff()
    else if (last) this.buffer.pause()
    this.report(out, speech)
  }

  private nextVolume(ms: number): number {
    if (this.duckedMs > 0) {
      this.duckedMs -= ms
      return DUCK_GAIN
    }
    return Math.min(1, this.volume + ((1 - DUCK_GAIN) * ms) / RESTORE_MS)
  }

  /** Resample until `count` samples stand ready; return how many samples of speech went in. */
  private fill(count: number): number {
    let speech = 0
    while (this.readyCount < count) {
      const pulled = this.buffer.pull(this.step, STEP)
      speech += pulled
      this.rise(pulled)
      const room = this.readyCount + this.resampler.capacityFor(STEP)
      if (room > this.ready.length) {
        const larger = new Float32Array(room + 4096)
        larger.set(this.ready.subarray(0, this.readyCount))
        this.ready = larger
      }
      this.readyCount += this.resampler.process(this.step, STEP, this.ready, this.readyCount)
    }
    return speech
  }

  /** Let the first samples after a silence rise from zero. */
  private rise(speech: number): void {
    if (speech === 0) this.risen = 0
    for (let i = 0; i < speech && this.risen < RISE; i++) {
      this.step[i] = ((this.step[i] ?? 0) * this.risen) / RISE
      this.risen++
    }
  }

  private cutOff(): void {
    this.flushing = false
    const positions = this.buffer.clear()
    this.resampler.reset()
    this.readyCount = 0
    this.running = null
    this.volume = 1
    this.duckedMs = 0
    for (const position of positions) this.onEvent({ type: 'flushed', ...position })
  }

  private report(out: Float32Array, speech: number): void {
    for (const done of this.buffer.finished.splice(0)) {
      if (this.running === done.itemId) this.running = null
      this.onEvent({ type: 'finished', ...done })
    }
    if (this.buffer.gaps > this.gapsTold) {
      this.gapsTold = this.buffer.gaps
      this.onEvent({ type: 'gap' })
    }
    const position: Position | null = this.buffer.position()
    if (position !== null && position.itemId !== this.running) {
      this.running = position.itemId
      this.sincePosition = 0
      this.onEvent({ type: 'started', itemId: position.itemId, heldMs: position.heldMs })
    }
    const ms = (out.length * 1000) / this.rate
    if (position !== null && this.buffer.playing) {
      this.sincePosition += ms
      // With the next block it would be more than that.
      if (this.sincePosition + ms > POSITION_EVERY_MS) {
        this.sincePosition = 0
        this.onEvent({ type: 'position', itemId: position.itemId, ms: position.ms })
      }
    }
    for (const sample of out) if (this.upwards ? sample > this.peak : sample < this.peak) this.peak = sample
    this.sinceLevel += ms
    if (this.sinceLevel >= LEVEL_EVERY_MS) {
      this.sinceLevel -= LEVEL_EVERY_MS
      if (speech > 0 || this.peak !== 0) this.onEvent({ type: 'level', peak: this.peak })
      this.peak = 0
      this.upwards = !this.upwards
    }
  }
}

/** Multiply a block by a straight line from `from` to `to`. */
function ramp(block: Float32Array, from: number, to: number): void {
  const last = Math.max(1, block.length - 1)
  for (let i = 0; i < block.length; i++) block[i] = (block[i] ?? 0) * (from + ((to - from) * i) / last)
}
