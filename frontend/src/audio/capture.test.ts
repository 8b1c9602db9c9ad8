import { describe, expect, test } from 'vitest'
import { CaptureCore, type CapturedFrame } from './capture'
import { decodeBase64Pcm16, toPcm16, wireMs } from './pcm'

function capture(rate: number, input: Float32Array): CapturedFrame[] {
  const frames: CapturedFrame[] = []
  const core = new CaptureCore(rate, (frame) => frames.push(frame))
  for (let at = 0; at < input.length; at += 128) core.push(input.subarray(at, at + 128))
  return frames
}

describe('capture', () => {
  test.each([44_100, 48_000, 96_000])('makes 25 frames of 960 samples from a second at %i Hz', (rate) => {
    const frames = capture(rate, new Float32Array(rate + 1024))
    expect(frames).toHaveLength(25)
    for (const { samples } of frames) expect(samples).toHaveLength(960)
  })

  test('tells peak and loudness of each frame', () => {
    const frames = capture(48_000, Float32Array.from({ length: 48_000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 300 * i) / 48_000)))
    const frame = frames[10]
    // The trace swings to both sides, as the sound does.
    expect(frame?.peak).toBeCloseTo(0.5, 2)
    expect(frames[11]?.peak).toBeCloseTo(-0.5, 2)
    expect(frame?.rms).toBeCloseTo(0.5 / Math.SQRT2, 2)
  })

  test('hands out what is there and then 20 ms at a time while it is hurried, and loses nothing', () => {
    const frames: CapturedFrame[] = []
    const core = new CaptureCore(48_000, (frame) => frames.push(frame))
    const push = (blocks: number) => Array.from({ length: blocks }, () => core.push(new Float32Array(128).fill(0.25)))
    push(20)
    core.hurry(true)
    push(40)
    core.hurry(false)
    push(400)
    const lengths = frames.map(({ samples }) => samples.length)
    expect(lengths[1]).toBeLessThan(960)
    expect(lengths.slice(2, 7)).toEqual([480, 480, 480, 480, 480])
    expect(lengths.at(-1)).toBe(960)
    const total = lengths.reduce((sum, length) => sum + length, 0)
    expect(total).toBeGreaterThan((460 * 128) / 2 - 960 - 40)
    // The trace still has one point every 40 ms.
    expect(Math.abs(frames.filter(({ peak }) => peak !== null).length - total / 960)).toBeLessThan(1.5)
  })

  test('hands out memory of its own with each frame', () => {
    const frames = capture(48_000, new Float32Array(48_000))
    expect(new Set(frames.map(({ samples }) => samples.buffer)).size).toBe(frames.length)
  })
})

describe('PCM16', () => {
  test('is clipped at full scale and never wraps round', () => {
    expect([toPcm16(1), toPcm16(-1), toPcm16(3), toPcm16(-3), toPcm16(0)]).toEqual([32_767, -32_768, 32_767, -32_768, 0])
  })

  test('is read from base64 as little endian', () => {
    expect([...decodeBase64Pcm16(btoa('\x01\x00\xff\xff\x00\x80\xff\x7f'))]).toEqual([1, -1, -32_768, 32_767])
  })

  test('drops half a sample at the end', () => {
    expect([...decodeBase64Pcm16(btoa('\x01\x00\x05'))]).toEqual([1])
  })

  test('is 24 samples a millisecond', () => {
    expect(wireMs(24_000)).toBe(1000)
  })
})
