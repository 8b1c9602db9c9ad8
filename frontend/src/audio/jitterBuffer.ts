/**
 * Holds arriving speech until there is enough to play it without gaps, and no longer.
 *
 * It starts an answer once `targetMs` are buffered (or the whole answer is there): as much as bridges the longest wait between
 * two arrivals of late. When it runs dry all the same, it waits for more than before; after a quiet while it dares to wait less.
 * Counted in samples at the wire rate, and so is time: what is pulled, speech or silence, is the clock.
 */
import { WIRE_RATE, wireMs } from './pcm'

const FIRST_TARGET_MS = 60
const LEAST_TARGET_MS = 40
const MOST_TARGET_MS = 400
/** Waits between arrivals that are remembered: some ten answers of VoiceLive. */
const REMEMBERED = 400
/** What is bridged is a little more than the longest wait. */
const MARGIN = 1.2
/** Taken for the longest wait until some are known: a lost packet on a good line costs 200 ms (TCP's least time-out). */
const UNKNOWN_MS = 250
const KNOWN_FROM = 8
/** Played without a gap for this long, the target shrinks by a tenth. */
const CALM_MS = 8_000

interface Chunk {
  readonly itemId: string
  readonly samples: Int16Array
  offset: number
}

export interface Position {
  readonly itemId: string
  /** Milliseconds of the item that have been taken from the buffer. */
  readonly ms: number
}

export class JitterBuffer {
  private chunks: Chunk[] = []
  private readonly ended = new Set<string>()
  private readonly dropped = new Set<string>()
  private waiting = true
  private current: string | null = null
  private taken = 0
  private calm = 0
  private target = FIRST_TARGET_MS
  private held = 0
  private readonly unknownMs: number
  private clock = 0
  private readonly pauses = new Float32Array(REMEMBERED)
  private arrivals = 0
  private lastArrival: { readonly itemId: string; readonly at: number } | null = null
  /** Where items begin that go on after an interruption, in samples. */
  private readonly starts = new Map<string, number>()

  /** Items that have been played to their end, oldest first; the caller empties it. */
  readonly finished: Position[] = []
  /** How often speech ran dry in the middle of an answer. */
  gaps = 0

  /** unknownMs: what the longest wait is taken for while it is not known. */
  constructor(unknownMs = UNKNOWN_MS) {
    this.unknownMs = unknownMs
  }

  get targetMs(): number {
    let longest = this.arrivals < KNOWN_FROM ? this.unknownMs : 0
    for (const pause of this.pauses) if (pause > longest) longest = pause
    return Math.min(MOST_TARGET_MS, Math.max(this.target, Math.ceil(MARGIN * longest)))
  }

  get bufferedMs(): number {
    return wireMs(this.held)
  }

  /** Whether samples come out at the moment. */
  get playing(): boolean {
    return !this.waiting
  }

  /** True while speech plays and at most `count` samples of it are left. */
  nearlyEmpty(count: number): boolean {
    return !this.waiting && this.held <= count
  }

  /**
   * Stop playing until there is enough again, keeping what is left. Only in the middle of an answer: the end of one is
   * played out. Returns whether it stopped.
   */
  pause(): boolean {
    const last = this.chunks.at(-1)?.itemId ?? this.current
    if (this.waiting || last === null || this.ended.has(last)) return false
    this.ranDry()
    return true
  }

  /** Queue speech of an item. What comes late for an item that was cut off is ignored. */
  push(itemId: string, samples: Int16Array): void {
    if (this.dropped.has(itemId) || samples.length === 0) return
    if (this.lastArrival?.itemId === itemId) {
      this.pauses[this.arrivals % REMEMBERED] = wireMs(this.clock - this.lastArrival.at)
      this.arrivals++
    }
    this.lastArrival = { itemId, at: this.clock }
    this.chunks.push({ itemId, samples, offset: 0 })
    this.held += samples.length
  }

  /** No more speech will come for this item. */
  end(itemId: string): void {
    if (!this.dropped.has(itemId)) this.ended.add(itemId)
  }

  /** Where playback stands, or null when nothing has been taken of a running item. */
  position(): Position | null {
    return this.current === null ? null : { itemId: this.current, ms: wireMs(this.taken) }
  }

  /** Forget all queued speech, and whatever still arrives for those items; return where each of them stood. */
  clear(): Position[] {
    const positions = new Map<string, number>()
    if (this.current !== null) {
      positions.set(this.current, wireMs(this.taken))
      if (!this.ended.has(this.current)) this.dropped.add(this.current)
    }
    for (const { itemId } of this.chunks) {
      this.dropped.add(itemId)
      if (!positions.has(itemId)) positions.set(itemId, wireMs(this.starts.get(itemId) ?? 0))
    }
    this.chunks = []
    this.ended.clear()
    this.held = 0
    this.current = null
    this.taken = 0
    this.waiting = true
    return [...positions].map(([itemId, ms]) => ({ itemId, ms }))
  }

  /** Speech of an item that was cut off comes again, from this moment of it. */
  resume(itemId: string, fromMs: number): void {
    this.lastArrival = null
    this.dropped.delete(itemId)
    this.ended.delete(itemId)
    this.starts.set(itemId, Math.round((fromMs * WIRE_RATE) / 1000))
  }

  /** Ignore what still arrives for this item; tell whether nothing of it had arrived yet. */
  drop(itemId: string): boolean {
    const fresh = !this.dropped.has(itemId) && itemId !== this.current && !this.chunks.some((chunk) => chunk.itemId === itemId)
    this.dropped.add(itemId)
    return fresh
  }

  /**
   * Write `count` samples in [-1, 1] to `out`, silence where there is no speech; return how many were speech.
   */
  pull(out: Float32Array, count: number): number {
    this.clock += count
    if (this.waiting) {
      if (!this.enough()) {
        this.settle()
        out.fill(0, 0, count)
        return 0
      }
      this.waiting = false
    }
    let written = 0
    while (written < count) {
      const chunk = this.chunks[0]
      if (chunk === undefined) break
      if (chunk.itemId !== this.current) this.beginItem(chunk.itemId)
      const take = Math.min(count - written, chunk.samples.length - chunk.offset)
      for (let i = 0; i < take; i++) out[written + i] = (chunk.samples[chunk.offset + i] ?? 0) / 32_768
      chunk.offset += take
      written += take
      this.taken += take
      this.held -= take
      if (chunk.offset === chunk.samples.length) this.chunks.shift()
    }
    out.fill(0, written, count)
    this.relax(written)
    if (this.chunks.length === 0 && !this.settle() && written < count) this.ranDry()
    return written
  }

  private enough(): boolean {
    const first = this.chunks[0]
    return first !== undefined && (this.ended.has(first.itemId) || wireMs(this.held) >= this.targetMs)
  }

  private beginItem(itemId: string): void {
    // A new item while the old one was never ended: the old one has had all it will get.
    if (this.current !== null) this.finish(this.current)
    this.current = itemId
    this.taken = this.starts.get(itemId) ?? 0
    this.starts.delete(itemId)
  }

  /** Close the running item when it is ended and empty; tell whether nothing is running (any more). */
  private settle(): boolean {
    if (this.current !== null && this.chunks.length === 0 && this.ended.has(this.current)) {
      this.finish(this.current)
      this.current = null
      this.taken = 0
      this.waiting = true
    }
    return this.current === null
  }

  private finish(itemId: string): void {
    this.finished.push({ itemId, ms: wireMs(this.taken) })
    this.ended.delete(itemId)
    this.dropped.add(itemId)
  }

  private ranDry(): void {
    this.gaps++
    this.waiting = true
    this.calm = 0
    this.target = Math.min(MOST_TARGET_MS, Math.round(this.target * 1.5 + 20))
  }

  private relax(samples: number): void {
    this.calm += samples
    if (this.calm >= (CALM_MS * WIRE_RATE) / 1000) {
      this.calm = 0
      this.target = Math.max(LEAST_TARGET_MS, Math.round(this.target * 0.9))
    }
  }
}
