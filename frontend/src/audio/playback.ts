/**
 * What the playback worklet does, as a plain class: speech of the wire in, blocks for the sound card out, and a running
 * account of what has been played. An interruption is silent within one block (128 samples, under 3 ms).
 */
import { JitterBuffer, type Position } from './jitterBuffer'
import { WIRE_RATE } from './pcm'
import { Resampler } from './resampler'

export type PlaybackEvent =
  | { readonly type: 'started'; readonly itemId: string }
  | { readonly type: 'position'; readonly itemId: string; readonly ms: number }
  | { readonly type: 'finished'; readonly itemId: string; readonly ms: number }
  | { readonly type: 'flushed'; readonly itemId: string; readonly ms: number }
  | { readonly type: 'level'; readonly peak: number }
  | { readonly type: 'gap'; readonly targetMs: number }

/** How often the played position is reported while speech plays. */
const POSITION_EVERY_MS = 100
/** How often the level is reported while speech plays: one point of the trace. */
const LEVEL_EVERY_MS = 40
/** Samples taken from the buffer at a time; small, so that the reported position is close to what sounds. */
const STEP = 32

export class PlaybackCore {
  private readonly buffer = new JitterBuffer()
  private readonly resampler: Resampler
  private readonly onEvent: (event: PlaybackEvent) => void
  private readonly rate: number
  private readonly step = new Float32Array(STEP)
  private ready: Float32Array
  private readyCount = 0
  private flushing = false
  private silent = true
  private running: string | null = null
  private sincePosition = 0
  private sinceLevel = 0
  private peak = 0
  private gapsTold = 0

  constructor(contextRate: number, onEvent: (event: PlaybackEvent) => void) {
    this.rate = contextRate
    this.resampler = new Resampler(WIRE_RATE, contextRate)
    this.onEvent = onEvent
    this.ready = new Float32Array(4096)
  }

  /** Queue PCM16 samples at the wire rate. */
  push(itemId: string, samples: Int16Array): void {
    this.buffer.push(itemId, samples)
  }

  /** All speech of the item has been queued. */
  end(itemId: string): void {
    this.buffer.end(itemId)
  }

  /** Fall silent with the next block and ignore what still comes for the items that were playing (and for `itemId`). */
  flush(itemId?: string): void {
    this.flushing = true
    if (itemId !== undefined) this.buffer.drop(itemId)
  }

  /** Fill one block of the context. */
  render(out: Float32Array): void {
    const wasSilent = this.silent
    const dry = this.buffer.runsDry(Math.ceil((out.length * WIRE_RATE) / this.rate) + STEP)
    let speech = this.fill(out.length)
    out.set(this.ready.subarray(0, out.length))
    this.ready.copyWithin(0, out.length, this.readyCount)
    this.readyCount -= out.length

    if (this.flushing) {
      if (!wasSilent) ramp(out, 1, 0)
      else out.fill(0)
      this.cutOff()
      speech = 0
    } else if (wasSilent && speech > 0) {
      ramp(out, 0, 1)
    } else if (dry) {
      // The rest of the answer is late: a soft end instead of a click.
      ramp(out, 1, 0)
    }
    this.silent = speech === 0
    this.report(out, speech)
  }

  /** Resample until `count` samples stand ready; return how many samples of speech went in. */
  private fill(count: number): number {
    let speech = 0
    while (this.readyCount < count) {
      speech += this.buffer.pull(this.step, STEP)
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

  private cutOff(): void {
    this.flushing = false
    const position = this.buffer.clear()
    this.resampler.reset()
    this.readyCount = 0
    this.running = null
    if (position !== null) this.onEvent({ type: 'flushed', ...position })
  }

  private report(out: Float32Array, speech: number): void {
    for (const done of this.buffer.finished.splice(0)) {
      if (this.running === done.itemId) this.running = null
      this.onEvent({ type: 'finished', ...done })
    }
    if (this.buffer.gaps > this.gapsTold) {
      this.gapsTold = this.buffer.gaps
      this.onEvent({ type: 'gap', targetMs: this.buffer.targetMs })
    }
    const position: Position | null = this.buffer.position()
    if (position !== null && position.itemId !== this.running) {
      this.running = position.itemId
      this.sincePosition = 0
      this.onEvent({ type: 'started', itemId: position.itemId })
    }
    const ms = (out.length * 1000) / this.rate
    if (position !== null && speech > 0) {
      this.sincePosition += ms
      if (this.sincePosition >= POSITION_EVERY_MS) {
        this.sincePosition -= POSITION_EVERY_MS
        this.onEvent({ type: 'position', ...position })
      }
    }
    for (const sample of out) if (Math.abs(sample) > Math.abs(this.peak)) this.peak = sample
    this.sinceLevel += ms
    if (this.sinceLevel >= LEVEL_EVERY_MS) {
      this.sinceLevel -= LEVEL_EVERY_MS
      if (speech > 0 || this.peak !== 0) this.onEvent({ type: 'level', peak: this.peak })
      this.peak = 0
    }
  }
}

/** Multiply a block by a straight line from `from` to `to`. */
function ramp(block: Float32Array, from: number, to: number): void {
  const last = Math.max(1, block.length - 1)
  for (let i = 0; i < block.length; i++) block[i] = (block[i] ?? 0) * (from + ((to - from) * i) / last)
}
