/** The jitter buffer on a bad network, with a clock that is counted and not waited for. */
import { expect, test } from 'vitest'
import { Lateness } from '../call/lateness'
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

/** A minute or so passes between two answers, with a ping every few seconds. */
const PINGS = 3

interface Listened {
  gaps: number
  waits: number[]
  /** What the page would report as `buffer_ms`. */
  held: number[]
}

/**
 * Answers of 4 to 10 s in pieces of 200 to 350 ms, as VoiceLive makes them; a stream keeps its order, so a stall holds up what
 * follows. stamped: whether the service tells when it sent an answer's first piece, and when its pongs.
 */
function listen(network: Network, answers: number, seed = 7, stamped = true): Listened {
  const random = chance(seed)
  const buffer = new JitterBuffer()
  const lateness = new Lateness()
  const out = new Float32Array(STEP_MS * MS)
  const told: Listened = { gaps: 0, waits: [], held: [] }
  const delay = () => network.jitterMs * random() + (random() < network.stallChance ? network.stallMs : 0)
  for (let answer = 0; answer < answers; answer++) {
    for (let i = 0; i < PINGS; i++) {
      // The clock of the service is another.
      const sent = 1_000_000 + 10_000 * answer + 1000 * i
      lateness.heard(null, sent, sent - 987_654 + delay())
    }
    const item = `a${answer}`
    const arrivals: { at: number; ms: number }[] = []
    const length = 4000 + 6000 * random()
    let made = 0
    let last = 0
    while (made < length) {
      const ms = Math.round(200 + 150 * random())
      last = Math.max(last, made / network.pace + delay())
      arrivals.push({ at: last, ms })
      made += ms
    }
    const first = arrivals[0]?.at ?? 0
    const sent = 1_000_000 + 10_000 * answer + 5000
    lateness.heard(1, sent, sent - 987_654 + first)
    let line = stamped ? lateness.of(2) : undefined
    let started = -1
    for (let now = 0; arrivals.length > 0 || buffer.bufferedMs > 0; now += STEP_MS) {
      for (let next = arrivals[0]; next && next.at <= now; next = arrivals[0]) {
        arrivals.shift()
        buffer.push(item, new Int16Array(next.ms * MS), line)
        line = undefined
        if (arrivals.length === 0) buffer.end(item)
      }
      // Whether it runs dry is asked as the worklet asks: two blocks ahead.
      if (buffer.nearlyEmpty(2 * STEP_MS * MS)) buffer.pause()
      if (buffer.pull(out, STEP_MS * MS) > 0 && started < 0) started = now
    }
    told.waits.push(started - first)
    told.held.push(...buffer.finished.splice(0).map(({ heldMs }) => heldMs))
  }
  buffer.pull(out, STEP_MS * MS)
  told.held.push(...buffer.finished.splice(0).map(({ heldMs }) => heldMs))
  told.gaps = buffer.gaps
  return told
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

const ROUGH = { jitterMs: 100, stallChance: 0.02, stallMs: 200 }
const SEEDS = [11, 59, 61]

test.each([2, 3, 4, 8, 16])('speech made %i times as fast as it is played never runs dry at 100 ms of jitter and 2 %% stalls', (pace) => {
  for (const seed of SEEDS) {
    const { gaps, waits } = listen({ ...ROUGH, pace }, pace === 2 ? 200 : 100, seed)
    expect(gaps, `seed ${seed}`).toBe(0)
    expect(median(waits), `seed ${seed}`).toBeLessThanOrEqual(120)
  }
})

test('speech made no faster than it is played waits for the latest piece that may come, and then hardly ever runs dry', () => {
  const { gaps, waits } = listen({ ...ROUGH, pace: 1 }, 100)
  expect(gaps).toBeLessThanOrEqual(1)
  expect(median(waits)).toBeLessThanOrEqual(300)
})

test('a service that does not tell when it sent something costs a longer wait and no gap', () => {
  const { gaps, waits } = listen({ ...ROUGH, pace: 2 }, 100, 7, false)
  expect(gaps).toBe(0)
  expect(median(waits)).toBeLessThanOrEqual(140)
})

test('what is reported as held back is the time for which sound was there and not played', () => {
  const { waits, held, gaps } = listen({ ...ROUGH, pace: 2 }, 50)
  expect(gaps).toBe(0)
  expect(held).toHaveLength(waits.length)
  held.forEach((ms, index) => expect(Math.abs(ms - (waits[index] ?? 0))).toBeLessThanOrEqual(2 * STEP_MS))
})

test('on a calm line an answer starts at once', () => {
  const { gaps, waits } = listen({ jitterMs: 5, stallChance: 0, stallMs: 0, pace: 8 }, 100)
  expect(gaps).toBe(0)
  expect(median(waits)).toBeLessThan(5)
  expect(Math.max(...waits)).toBeLessThan(60)
})
