import { beforeEach, describe, expect, test } from 'vitest'
import { JitterBuffer } from './jitterBuffer'
import { PlaybackCore, type PlaybackEvent } from './playback'

const BLOCK = 128

/** A 300 Hz tone at the wire rate, at half scale. */
function tone(ms: number): Int16Array {
  return Int16Array.from({ length: ms * 24 }, (_, i) => Math.round(16_384 * Math.sin((2 * Math.PI * 300 * i) / 24_000)))
}

const peakOf = (block: Float32Array) => block.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)

describe.each([44_100, 48_000, 96_000])('playback at %i Hz', (rate) => {
  let events: PlaybackEvent[]
  let core: PlaybackCore
  const blocks = (ms: number) => Math.round((ms * rate) / 1000 / BLOCK)
  const block = () => {
    const out = new Float32Array(BLOCK).fill(9)
    core.render(out)
    return out
  }
  const run = (ms: number) => Array.from({ length: blocks(ms) }, block)

  beforeEach(() => {
    events = []
    core = new PlaybackCore(rate, (event) => events.push(event), new JitterBuffer(0))
  })

  test('is silent while there is nothing to say', () => {
    expect(run(50).every((out) => out.every((sample) => sample === 0))).toBe(true)
    expect(events).toEqual([])
  })

  test('plays an answer in full, at its length and loudness, and says when it is over', () => {
    core.push('a', tone(500))
    core.end('a')
    const loud = run(700).filter((out) => peakOf(out) > 0.01)
    expect((loud.length * BLOCK * 1000) / rate).toBeGreaterThan(490)
    expect((loud.length * BLOCK * 1000) / rate).toBeLessThan(515)
    expect(Math.max(...loud.map(peakOf))).toBeCloseTo(0.5, 1)
    expect(events[0]).toMatchObject({ type: 'started', itemId: 'a' })
    expect(events.filter(({ type }) => type === 'finished')).toMatchObject([{ type: 'finished', itemId: 'a', ms: 500 }])
  })

  test('reports the played position at least every 100 ms, the first time too, never ahead of what has sounded by more than a few ms', () => {
    core.push('a', tone(1000))
    core.end('a')
    let started = false
    let sounding = 0
    const reports: { at: number; ms: number }[] = []
    for (let count = 0; count < blocks(900); count++) {
      block()
      started ||= events.some(({ type }) => type === 'started')
      if (started) sounding += (BLOCK * 1000) / rate
      for (const event of events.splice(0)) if (event.type === 'position') reports.push({ at: sounding, ms: event.ms })
    }
    expect(reports.length).toBeGreaterThanOrEqual(8)
    reports.forEach(({ at, ms }, index) => {
      expect(at - (reports[index - 1]?.at ?? 0)).toBeLessThan(100.01)
      expect(ms - at).toBeLessThan(8)
      expect(at - ms).toBeLessThan(8)
    })
  })

  test('is 18 dB quieter within one block while somebody may be interrupting, and comes back smoothly when nobody was', () => {
    core.push('a', tone(2000))
    run(200)
    expect(core.duck()).toBe(true)
    block()
    const down = peakOf(run(100).reduce((loudest, out) => (peakOf(out) > peakOf(loudest) ? out : loudest)))
    expect(20 * Math.log10(down / 0.5)).toBeCloseTo(-18, 0)
    run(320)
    expect(core.ducked).toBe(false)
    const rising = run(200).flatMap((out) => [...out])
    const steepest = 0.5 * ((2 * Math.PI * 300) / rate) * 1.1
    for (let i = 1; i < rising.length; i++) expect(Math.abs((rising[i] ?? 0) - (rising[i - 1] ?? 0))).toBeLessThan(steepest)
    expect(Math.max(...run(50).map(peakOf))).toBeCloseTo(0.5, 1)
  })

  test('is at full volume again for the next answer after an interruption', () => {
    core.push('a', tone(1000))
    run(200)
    core.duck()
    run(50)
    core.flush('a')
    run(20)
    expect(core.duck()).toBe(false)
    core.push('b', tone(400))
    run(30)
    expect(Math.max(...run(50).map(peakOf))).toBeCloseTo(0.5, 1)
  })

  test('goes on where it stopped when the interruption was none, and counts on', () => {
    core.push('a', tone(1000))
    run(300)
    core.flush('a')
    run(500)
    const flushed = events.find((event) => event.type === 'flushed')
    const from = flushed?.type === 'flushed' ? flushed.ms : 0
    core.resume('a', from)
    core.push('a', tone(1000 - from))
    core.end('a')
    run(900)
    expect(events.filter(({ type }) => type === 'finished')).toMatchObject([{ type: 'finished', itemId: 'a', ms: expect.closeTo(1000, 0) as number }])
    expect(events.filter(({ type }) => type === 'started')).toHaveLength(2)
  })

  test('tells of an interrupted answer of which nothing had come that nothing was heard', () => {
    core.flush('a')
    run(10)
    expect(events).toMatchObject([{ type: 'flushed', itemId: 'a', ms: 0 }])
  })

  test('falls silent within one block after a flush, by a slope and not by a click', () => {
    core.push('a', tone(1000))
    run(300)
    core.flush('a')
    const last = block()
    expect(peakOf(last)).toBeGreaterThan(0)
    expect(Math.abs(last[BLOCK - 1] ?? 1)).toBe(0)
    expect(peakOf(block())).toBe(0)
    const flushed = events.find((event) => event.type === 'flushed')
    expect(flushed).toMatchObject({ itemId: 'a' })
    expect(flushed?.type === 'flushed' && flushed.ms).toBeGreaterThan(290)
    expect(flushed?.type === 'flushed' && flushed.ms).toBeLessThan(315)
  })

  test('ignores what arrives late for an answer that was cut off, and plays the next one', () => {
    core.push('a', tone(400))
    run(100)
    core.flush('a')
    run(20)
    core.push('a', tone(400))
    expect(run(100).every((out) => peakOf(out) === 0)).toBe(true)
    core.push('b', tone(400))
    expect(run(100).some((out) => peakOf(out) > 0.4)).toBe(true)
    expect(events.filter(({ type }) => type === 'started')).toMatchObject([
      { type: 'started', itemId: 'a' },
      { type: 'started', itemId: 'b' },
    ])
  })

  test('makes no click where speech is late: no step between two samples is larger than in the tone', () => {
    const steepest = 0.5 * ((2 * Math.PI * 300) / rate) * 1.6
    core.push('a', tone(100))
    const samples = [...run(150), ...(core.push('a', tone(300)), run(400))].flatMap((out) => [...out])
    expect(events.some(({ type }) => type === 'gap')).toBe(true)
    for (let i = 1; i < samples.length; i++) {
      expect(Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0))).toBeLessThan(steepest)
    }
  })

  test('reports real levels for the trace while it speaks and none when it is quiet', () => {
    run(200)
    expect(events).toEqual([])
    core.push('a', tone(400))
    core.end('a')
    run(300)
    const levels = events.flatMap((event) => (event.type === 'level' ? [event.peak] : []))
    expect(levels.length).toBeGreaterThanOrEqual(6)
    expect(Math.max(...levels)).toBeCloseTo(0.5, 1)
    expect(Math.min(...levels)).toBeCloseTo(-0.5, 1)
  })

  test('forgets nothing when it is flushed while silent', () => {
    core.flush()
    run(10)
    core.push('a', tone(200))
    expect(run(150).some((out) => peakOf(out) > 0.4)).toBe(true)
  })
})
