import { beforeEach, describe, expect, test } from 'vitest'
import { JitterBuffer } from './jitterBuffer'

const speech = (ms: number) => new Int16Array(ms * 24).fill(8192)
const MS = 24

describe('the jitter buffer', () => {
  let buffer: JitterBuffer
  const out = new Float32Array(10_000 * MS)
  const pull = (ms: number) => buffer.pull(out, ms * MS) / MS

  beforeEach(() => {
    buffer = new JitterBuffer(0)
  })

  test('waits until enough is there, then plays all of it', () => {
    buffer.push('a', speech(40))
    expect(pull(10)).toBe(0)
    buffer.push('a', speech(40))
    expect(pull(10)).toBe(10)
    expect(out[0]).toBeCloseTo(0.25)
  })

  test('plays an answer that is shorter than its target once it is complete', () => {
    buffer.push('a', speech(20))
    expect(pull(5)).toBe(0)
    buffer.end('a')
    expect(pull(30)).toBe(20)
    expect(buffer.finished).toEqual([{ itemId: 'a', ms: 20, heldMs: expect.any(Number) }])
    expect(buffer.gaps).toBe(0)
  })

  test('gives silence, not old samples, where there is no speech', () => {
    out.fill(1)
    pull(5)
    expect(out.subarray(0, 5 * MS).every((sample) => sample === 0)).toBe(true)
  })

  test('waits for more after running dry, and remembers it', () => {
    buffer.push('a', speech(60))
    expect(pull(100)).toBe(60)
    expect(buffer.gaps).toBe(1)
    expect(buffer.targetMs).toBeGreaterThan(60)
    buffer.push('a', speech(60))
    expect(pull(10)).toBe(0)
    buffer.push('a', speech(60))
    expect(pull(10)).toBe(10)
  })

  test('never waits for more than 400 ms, however bad the network is', () => {
    for (let i = 0; i < 20; i++) {
      buffer.push('a', speech(400))
      pull(500)
    }
    expect(buffer.gaps).toBe(20)
    expect(buffer.targetMs).toBe(400)
  })

  test('dares to wait less after a quiet while', () => {
    buffer.push('a', speech(9000))
    pull(8500)
    expect(buffer.targetMs).toBe(54)
  })

  test('does not count the end of an answer as a gap', () => {
    buffer.push('a', speech(60))
    buffer.end('a')
    pull(100)
    expect(buffer.gaps).toBe(0)
    expect(buffer.position()).toBeNull()
  })

  test('closes an answer whose end is told only after its last sample was played', () => {
    buffer.push('a', speech(60))
    pull(80)
    buffer.end('a')
    pull(1)
    expect(buffer.finished).toEqual([{ itemId: 'a', ms: 60, heldMs: expect.any(Number) }])
  })

  test('plays two answers one after the other and counts each from zero', () => {
    buffer.push('a', speech(100))
    buffer.end('a')
    buffer.push('b', speech(100))
    pull(150)
    expect(buffer.finished).toEqual([{ itemId: 'a', ms: 100, heldMs: expect.any(Number) }])
    expect(buffer.position()).toEqual({ itemId: 'b', ms: 50, heldMs: expect.any(Number) })
  })

  test('tells where playback stood when it is cleared, and ignores what comes late', () => {
    buffer.push('a', speech(200))
    pull(70)
    expect(buffer.clear()).toEqual([{ itemId: 'a', ms: 70, heldMs: expect.any(Number) }])
    buffer.push('a', speech(200))
    expect(pull(10)).toBe(0)
    expect(buffer.bufferedMs).toBe(0)
  })

  test('goes on with an item that was cleared, and counts from where it goes on', () => {
    buffer.push('a', speech(200))
    pull(70)
    buffer.clear()
    buffer.resume('a', 70)
    buffer.push('a', speech(130))
    buffer.end('a')
    expect(pull(200)).toBe(130)
    expect(buffer.finished).toEqual([{ itemId: 'a', ms: 200, heldMs: expect.any(Number) }])
  })

  test('plays the next answer after an interruption', () => {
    buffer.push('a', speech(200))
    pull(70)
    buffer.clear()
    buffer.push('b', speech(200))
    expect(pull(10)).toBe(10)
    expect(buffer.position()).toEqual({ itemId: 'b', ms: 10, heldMs: expect.any(Number) })
  })

  test('ignores an item that was dropped before any of it came', () => {
    buffer.drop('a')
    buffer.push('a', speech(200))
    expect(pull(10)).toBe(0)
  })
})
