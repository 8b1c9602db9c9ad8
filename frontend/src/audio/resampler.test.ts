import { describe, expect, test } from 'vitest'
import { Resampler } from './resampler'

function tone(frequency: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, i) => Math.sin((2 * Math.PI * frequency * i) / rate))
}

function resample(input: Float32Array, from: number, to: number, block = 128): Float32Array {
  const resampler = new Resampler(from, to)
  const output = new Float32Array(Math.ceil((input.length * to) / from) + 64)
  let count = 0
  for (let at = 0; at < input.length; at += block) {
    const piece = input.subarray(at, at + block)
    count += resampler.process(piece, piece.length, output, count)
  }
  return output.subarray(0, count)
}

/** Amplitude of one frequency in the steady middle of a signal. */
function amplitude(signal: Float32Array, frequency: number, rate: number): number {
  const from = Math.floor(signal.length * 0.2)
  const to = Math.floor(signal.length * 0.8)
  let real = 0
  let imaginary = 0
  for (let i = from; i < to; i++) {
    const angle = (2 * Math.PI * frequency * i) / rate
    // Hann window: a tone between two bins does not leak into the measurement of another.
    const weight = 1 - Math.cos((2 * Math.PI * (i - from)) / (to - from))
    real += (signal[i] ?? 0) * Math.cos(angle) * weight
    imaginary += (signal[i] ?? 0) * Math.sin(angle) * weight
  }
  return (2 * Math.hypot(real, imaginary)) / (to - from)
}

const RATES = [8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000]

describe('the resampler', () => {
  test.each(RATES)('keeps the duration exactly from %i Hz to 24 kHz', (rate) => {
    const output = resample(tone(200, rate, 1), rate, 24_000)
    // All that is missing is what the filter still holds back: under 5 ms.
    expect(output.length).toBeGreaterThan(24_000 - 120)
    expect(output.length).toBeLessThanOrEqual(24_000)
  })

  test.each(RATES)('keeps the pitch and loudness of speech from %i Hz to 24 kHz', (rate) => {
    const output = resample(tone(440, rate, 0.5), rate, 24_000)
    expect(amplitude(output, 440, 24_000)).toBeCloseTo(1, 2)
    expect(amplitude(output, 880, 24_000)).toBeLessThan(0.001)
  })

  test.each([44_100, 48_000, 96_000])('lets nothing above 12 kHz fold back into speech from %i Hz', (rate) => {
    // 16 kHz would fold to 8 kHz, where s and f live.
    const output = resample(tone(16_000, rate, 0.5), rate, 24_000)
    expect(20 * Math.log10(amplitude(output, 8_000, 24_000))).toBeLessThan(-70)
  })

  test('makes no mirror image above 12 kHz when it plays 24 kHz at 48 kHz', () => {
    const output = resample(tone(3_000, 24_000, 0.5), 24_000, 48_000)
    expect(amplitude(output, 3_000, 48_000)).toBeCloseTo(1, 2)
    expect(20 * Math.log10(amplitude(output, 21_000, 48_000))).toBeLessThan(-70)
  })

  test('gives the same samples however the stream is cut into blocks', () => {
    const input = tone(523, 44_100, 0.2)
    expect(resample(input, 44_100, 24_000, 7)).toEqual(resample(input, 44_100, 24_000, 4096))
  })

  test('keeps a constant constant', () => {
    const output = resample(new Float32Array(4410).fill(0.5), 44_100, 24_000)
    for (const sample of output.subarray(100)) expect(sample).toBeCloseTo(0.5, 5)
  })

  test('passes samples through unchanged in time when both rates are equal', () => {
    const input = tone(1_000, 24_000, 0.1)
    const output = resample(input, 24_000, 24_000)
    for (let i = 200; i < 2000; i++) expect(output[i]).toBeCloseTo(input[i] ?? 0, 3)
  })

  test('forgets the past after a reset', () => {
    const resampler = new Resampler(48_000, 24_000)
    const output = new Float32Array(resampler.capacityFor(128))
    resampler.process(new Float32Array(128).fill(1), 128, output)
    resampler.reset()
    const count = resampler.process(new Float32Array(128), 128, output)
    expect(count).toBeGreaterThan(0)
    expect(output.subarray(0, count).every((sample) => sample === 0)).toBe(true)
  })

  test('never writes more than it says it needs', () => {
    for (const rate of RATES) {
      const resampler = new Resampler(rate, 24_000)
      const capacity = resampler.capacityFor(128)
      const output = new Float32Array(capacity)
      for (let i = 0; i < 50; i++) expect(resampler.process(new Float32Array(128), 128, output)).toBeLessThanOrEqual(capacity)
    }
  })
})
