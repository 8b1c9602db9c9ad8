/**
 * How late what arrives over one connection is, from the times at which the service says that it sent it.
 *
 * The clocks at both ends do not agree, and drift: only the quickest way of the last minute or two is known to be on time, and
 * everything else is as late as it took longer than that.
 */
import type { Line } from '../audio/arrivalTimes'

/** Pings come every 1.5 s: a minute and a half, in which two clocks part by some 10 ms at most. */
const REMEMBERED = 60

export class Lateness {
  private readonly took: number[] = []
  private stamped: number | null = null

  /** A message with this number was sent at `sentMs` of the service's clock, if it tells, and arrived at `at` of this page's. */
  heard(seq: number | null, sentMs: number | null, at: number): void {
    if (sentMs === null) return
    this.took.push(at - sentMs)
    if (this.took.length > REMEMBERED) this.took.shift()
    this.stamped = seq
  }

  /** What is known of a piece of sound with this number: only the one directly behind a stamped message came as late as that. */
  of(seq: number | null): Line | undefined {
    const last = this.took.at(-1)
    if (last === undefined || seq === null || seq - 1 !== this.stamped) return undefined
    const quickest = Math.min(...this.took)
    return { lateMs: last - quickest, worstMs: Math.max(...this.took) - quickest }
  }
}
