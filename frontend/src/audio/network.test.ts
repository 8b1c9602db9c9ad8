/** The jitter buffer on a bad network, with a clock that is counted and not waited for. */
import { expect, test } from 'vitest'
import { JitterBuffer } from './jitterBuffer'

const MS = 24
const STEP_MS = 2

/** The same numbers in every run. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

interface Network {
  readonly jitterMs: number
  readonly stallChance: number
  readonly stallMs: number
  /** How many times faster than it is played speech is made. */
  readonly pace: number
}

/** Answers of 4 to 10 s in pieces of 200 to 350 ms, as VoiceLive makes them; a stream keeps its order, so a stall holds up what follows. */
function listen(network: Network, answers: number): { gaps: number; waits: number[] } {
  const random = chance(7)
  const buffer = new JitterBuffer()
  const out = new Float32Array(STEP_MS * MS)
  const waits: number[] = []
  for (let answer = 0; answer < answers; answer++) {
    const item = `a${answer}`
    const arrivals: { at: number; ms: number }[] = []
    const length = 4000 + 6000 * random()
    let made = 0
    let last = 0
    while (made < length) {
      const ms = Math.round(200 + 150 * random())
      const stall = random() < network.stallChance ? network.stallMs : 0
      last = Math.max(last, made / network.pace + network.jitterMs * random() + stall)
      arrivals.push({ at: last, ms })
      made += ms
    }
    const first = arrivals[0]?.at ?? 0
    let started = -1
    for (let now = 0; arrivals.length > 0 || buffer.bufferedMs > 0; now += STEP_MS) {
      for (let next = arrivals[0]; next && next.at <= now; next = arrivals[0]) {
        arrivals.shift()
        buffer.push(item, new Int16Array(next.ms * MS))
        if (arrivals.length === 0) buffer.end(item)
      }
      // Whether it runs dry is asked as the worklet asks: two blocks ahead.
      if (buffer.nearlyEmpty(2 * STEP_MS * MS)) buffer.pause()
      if (buffer.pull(out, STEP_MS * MS) > 0 && started < 0) started = now
    }
    waits.push(started - first)
  }
  return { gaps: buffer.gaps, waits }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

test.each([2, 3, 4, 8, 16])('speech made %i times as fast as it is played never runs dry at 100 ms of jitter and 2 %% stalls', (pace) => {
  const { gaps, waits } = listen({ jitterMs: 100, stallChance: 0.02, stallMs: 200, pace }, 300)
  expect(gaps).toBe(0)
  // At twice the pace of playing nobody can know before the second piece that no stall holds it up: half a piece of waiting.
  expect(median(waits)).toBeLessThanOrEqual(pace < 3 ? 150 : 120)
})

test('on a calm line an answer starts at once', () => {
  const { gaps, waits } = listen({ jitterMs: 5, stallChance: 0, stallMs: 0, pace: 8 }, 100)
  expect(gaps).toBe(0)
  expect(median(waits)).toBeLessThan(5)
  expect(Math.max(...waits)).toBeLessThan(60)
})
