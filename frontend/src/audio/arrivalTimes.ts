/**
 * How late pieces of sound come, learned from those that came, so that an answer can begin as soon as it will not run dry.
 *
 * Speech is made at some pace: a piece before which `made` ms of the answer stand is sent `made` times `slope` after the first
 * (slope 0.5: made twice as fast as it is played). How much later than that the pieces of the last answers came bounds how much
 * later the next may come. The first piece of an answer may be late itself; by how much is known where the service tells when it
 * sent it (`Line`), and that much less has to be waited.
 */

/** Taken for the latest arrival until one is known: a lost packet costs 200 ms (TCP's least time-out), on top of some jitter. */
const UNKNOWN_MS = 300
/** What is waited for is a little later than the latest arrival of late. */
const MARGIN = 1.08
/** Answers that are remembered for how late their pieces came, and those that the pace is taken from. */
const REMEMBERED = 50
const PACED = 10
/** On a line that is late at all a packet may be lost, though none was yet; after so many answers that would have been seen. */
const SEEN_STALLING = 20
const CALM_MS = 20
/** An answer of fewer pieces says nothing about the pace. */
const LEAST_PIECES = 3
/** Of an answer only so much is remembered, in ms: the pace is known to a hundredth. */
const LONGEST_MS = 10_000

/** What the page knows of the line when the first piece of an answer arrives. */
export interface Line {
  /** How much later that piece came than on its quickest way, in ms. */
  readonly lateMs: number
  /** The same of whatever came latest in the last minute or two. */
  readonly worstMs: number
}

/** An answer's pieces: ms of it that stand before each, and when it came after the first. */
interface Answer {
  readonly itemId: string
  readonly at: number
  readonly lateMs: number
  readonly made: number[]
  readonly came: number[]
  ms: number
}

export class ArrivalTimes {
  private answer: Answer | null = null
  private past: Answer[] = []
  /** Of this item sound comes a second time, all at once. */
  private repeated: string | null = null
  private readonly unknownMs: number
  private worstMs = 0
  private slope = 1
  private latest: number | null = null

  constructor(unknownMs = UNKNOWN_MS) {
    this.unknownMs = unknownMs
  }

  /** A piece of `ms` of an answer has come, at `at` ms. */
  arrived(itemId: string, at: number, ms: number, line?: Line): void {
    if (line) this.worstMs = line.worstMs
    if (itemId !== this.answer?.itemId) {
      this.remember()
      this.answer = { itemId, at, lateMs: line?.lateMs ?? 0, made: [], came: [], ms: 0 }
    }
    const { answer } = this
    if (answer.ms <= LONGEST_MS) {
      answer.made.push(answer.ms)
      answer.came.push(at - answer.at)
    }
    answer.ms += ms
  }

  ended(itemId: string): void {
    if (itemId === this.answer?.itemId) this.remember()
  }

  /** Sound of this item comes once more, which says nothing about the line. */
  again(itemId: string): void {
    this.answer = null
    this.repeated = itemId
  }

  /**
   * Whether an answer of which `heldMs` have come can begin at `at` without running dry, if nothing comes later than what came
   * latest. mostMs: no lateness beyond this is waited for.
   */
  surelyInTime(at: number, heldMs: number, mostMs: number): boolean {
    const { answer } = this
    if (answer === null) return true
    const waited = at - answer.at
    if (this.latest === null) {
      // What a pace of playing asks for, unless so much is there already that it is a quicker one.
      return waited >= Math.min(mostMs, MARGIN * Math.max(this.unknownMs, this.worstMs)) - answer.lateMs || heldMs >= mostMs
    }
    const seen = Math.max(this.latest, this.worstMs)
    const stalls = this.past.length < SEEN_STALLING && seen > CALM_MS
    const latest = Math.min(mostMs, MARGIN * (stalls ? Math.max(seen, this.unknownMs) : seen))
    return waited >= latest - answer.lateMs - heldMs * (1 - this.slope)
  }

  private remember(): void {
    const { answer } = this
    this.answer = null
    if (answer === null || answer.made.length < LEAST_PIECES || answer.itemId === this.repeated) return
    this.past.push(answer)
    if (this.past.length > REMEMBERED) this.past.shift()
    this.slope = slopeOf(this.past.slice(-PACED))
    this.latest = 0
    for (const { made, came, lateMs } of this.past) {
      for (let i = 0; i < made.length; i++) {
        this.latest = Math.max(this.latest, lateMs + (came[i] ?? 0) - this.slope * (made[i] ?? 0))
      }
    }
  }
}

/** The line of least squares through the pieces of all answers, which have one slope and each a beginning of its own. */
function slopeOf(answers: readonly Answer[]): number {
  let both = 0
  let made2 = 0
  for (const { made, came } of answers) {
    const middleMade = mean(made)
    const middleCame = mean(came)
    for (let i = 0; i < made.length; i++) {
      const x = (made[i] ?? 0) - middleMade
      both += x * ((came[i] ?? 0) - middleCame)
      made2 += x * x
    }
  }
  return made2 > 0 ? Math.min(1, Math.max(0, both / made2)) : 1
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
