/**
 * Holds arriving speech until it can be played without gaps, and no longer.
 *
 * It starts an answer at the moment from which even the latest arrival that `arrivals` knows of would come in time (or when the
 * whole answer is there). When it runs dry all the same, it waits for more than before; after a quiet while it dares to wait less.
 * Counted in samples at the wire rate, and so is time: what is pulled, speech or silence, is the clock.
 */
import { ArrivalTimes, type Line } from './arrivalTimes'
import { WIRE_RATE, wireMs } from './pcm'

const FIRST_TARGET_MS = 60
const LEAST_TARGET_MS = 40
const MOST_TARGET_MS = 400
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
  /** How long sound of it that had arrived was held back: before the first, and after each underrun. */
  readonly heldMs: number
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
  private clock = 0
  /** Since when there is sound that is held back. */
  private heldSince: number | null = null
  /** How long sound was held back of the item that runs, or that will run next. */
  private heldBack = 0
  /** Whether what is waited for is the first sound of an answer, and not its rest after an underrun. */
  private beginning = true
  private readonly arrivals: ArrivalTimes
  /** Where items begin that go on after an interruption, in samples. */
  private readonly starts = new Map<string, number>()

  /** Items that have been played to their end, oldest first; the caller empties it. */
  readonly finished: Position[] = []
  /** How often speech ran dry in the middle of an answer. */
  gaps = 0

  /** unknownMs: how late sound may come as long as that is not known. */
  constructor(unknownMs?: number) {
    this.arrivals = new ArrivalTimes(unknownMs)
  }

  /** The least that is buffered before anything plays, unless it is all there is. */
  get targetMs(): number {
    return this.target
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

  /** Queue speech of an item. What comes late for an item that was cut off is ignored. line: what is known with its first piece. */
  push(itemId: string, samples: Int16Array, line?: Line): void {
    if (this.dropped.has(itemId) || samples.length === 0) return
    this.arrivals.arrived(itemId, wireMs(this.clock), wireMs(samples.length), line)
    this.heldSince ??= this.waiting ? this.clock : null
    this.chunks.push({ itemId, samples, offset: 0 })
    this.held += samples.length
  }

  /** No more speech will come for this item. */
  end(itemId: string): void {
    this.arrivals.ended(itemId)
    if (!this.dropped.has(itemId)) this.ended.add(itemId)
  }

  /** Where playback stands, or null when nothing has been taken of a running item. */
  position(): Position | null {
    return this.current === null ? null : { itemId: this.current, ms: wireMs(this.taken), heldMs: this.heldMs }
  }

  /** Forget all queued speech, and whatever still arrives for those items; return where each of them stood. */
  clear(): Position[] {
    const positions = new Map<string, number>()
    const { heldMs } = this
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
    this.wait(true)
    this.heldSince = null
    this.heldBack = 0
    // Only the first of them has been waited with.
    return [...positions].map(([itemId, ms], index) => ({ itemId, ms, heldMs: index === 0 ? heldMs : 0 }))
  }

  /** Speech of an item that was cut off comes again, from this moment of it. */
  resume(itemId: string, fromMs: number): void {
    this.arrivals.again(itemId)
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
      // A new item while the old one was never ended: the old one has had all it will get, and what waited is the new one.
      if (this.current !== null && this.chunks[0]?.itemId !== this.current) this.finish(this.current)
      if (this.heldSince !== null) this.heldBack += this.clock - count - this.heldSince
      this.heldSince = null
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
    if (first === undefined) return false
    if (this.ended.has(first.itemId)) return true
    const held = wireMs(this.held)
    if (held < this.target) return false
    // After an underrun what has come is late already: what follows it cannot be much later.
    return !this.beginning || this.arrivals.surelyInTime(wireMs(this.clock), held, MOST_TARGET_MS)
  }

  /** How long sound of the item that runs has been held back. */
  private get heldMs(): number {
    return wireMs(this.heldBack + (this.heldSince === null ? 0 : this.clock - this.heldSince))
  }

  private wait(beginning: boolean): void {
    this.waiting = true
    this.beginning = beginning
  }

  private beginItem(itemId: string): void {
    if (this.current !== null) this.finish(this.current)
    this.current = itemId
    this.taken = this.starts.get(itemId) ?? 0
    this.starts.delete(itemId)
  }

  /** Close the running item when it is ended and empty; tell whether nothing is running (any more). */
  private settle(): boolean {
    if (this.current !== null && this.chunks.length === 0 && this.ended.has(this.current)) {
      this.finish(this.current)
      this.wait(true)
    }
    return this.current === null
  }

  private finish(itemId: string): void {
    this.finished.push({ itemId, ms: wireMs(this.taken), heldMs: wireMs(this.heldBack) })
    this.current = null
    this.taken = 0
    this.heldBack = 0
    this.ended.delete(itemId)
    this.dropped.add(itemId)
  }

  private ranDry(): void {
    this.gaps++
    this.wait(false)
    this.heldSince = this.held > 0 ? this.clock : null
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
