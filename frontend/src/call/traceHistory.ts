/** The last seconds of the call's sound, one point for 40 ms: what the trace draws. Real peaks, yours or theirs, whichever is louder. */

export const TRACE_POINTS = 200

export class TraceHistory {
  /** Signed peaks in [-1, 1], oldest first from `start`. */
  readonly peaks = new Float32Array(TRACE_POINTS)
  /** 1 where the assistant was the louder, 0 where you were. */
  readonly theirs = new Uint8Array(TRACE_POINTS)
  /** Index of the oldest point. */
  start = 0
  /** Counts points; tells a drawer whether there is something new. */
  version = 0
  private theirPeak = 0
  private lastTheirs = 0

  /** A level of the assistant's speech since the last point. */
  heard(peak: number): void {
    if (Math.abs(peak) > Math.abs(this.theirPeak)) this.theirPeak = peak
  }

  /** A frame of the microphone: it also makes the point, every 40 ms. */
  spoken(peak: number): void {
    // Two clocks of 40 ms never beat together: where no level came since the last point, the one before stands once more.
    const their = this.theirPeak || this.lastTheirs
    this.lastTheirs = this.theirPeak
    this.theirPeak = 0
    const theirs = their !== 0 && Math.abs(their) >= Math.abs(peak)
    this.peaks[this.start] = theirs ? their : peak
    this.theirs[this.start] = theirs ? 1 : 0
    this.start = (this.start + 1) % TRACE_POINTS
    this.version++
  }

  /** The newest point. */
  latest(): { peak: number; theirs: boolean } {
    const index = (this.start + TRACE_POINTS - 1) % TRACE_POINTS
    return { peak: this.peaks[index] ?? 0, theirs: this.theirs[index] === 1 }
  }

  clear(): void {
    this.peaks.fill(0)
    this.theirs.fill(0)
    this.theirPeak = 0
    this.lastTheirs = 0
    this.version++
  }
}
