/**
 * Changes the sample rate of a stream by an exact ratio: a polyphase windowed sinc (Kaiser window).
 *
 * The context runs at whatever rate the device has (44.1, 48, 96 kHz…) and the wire at 24 kHz. A resampler that skips or
 * repeats samples folds everything above 12 kHz back into speech; this one keeps aliases about 80 dB down. No allocation once
 * it runs, because it lives on the audio thread.
 */

const ZERO_CROSSINGS = 16
/** Cut-off as a part of the lower Nyquist frequency; the rest is the transition band. */
const ROLL_OFF = 0.9
/** Kaiser's beta: about 80 dB of stop-band attenuation. */
const BETA = 8

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel0(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; k < 40; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
    if (term < sum * 1e-12) break
  }
  return sum
}

function sinc(x: number): number {
  if (x === 0) return 1
  return Math.sin(Math.PI * x) / (Math.PI * x)
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

export class Resampler {
  /** Output positions between two input samples (the ratio is up/down, in lowest terms). */
  private readonly up: number
  private readonly down: number
  /** Input samples that one output sample looks at, on each side. */
  private readonly half: number
  /** `up` filters of 2*half coefficients, one after the other. */
  private readonly filters: Float32Array
  private window: Float32Array
  private filled: number
  private base: number
  private phase = 0

  constructor(inputRate: number, outputRate: number) {
    const common = greatestCommonDivisor(Math.round(inputRate), Math.round(outputRate))
    this.up = Math.round(outputRate) / common
    this.down = Math.round(inputRate) / common
    const scale = Math.min(1, outputRate / inputRate)
    const cutoff = ROLL_OFF * scale
    this.half = Math.ceil(ZERO_CROSSINGS / scale)
    const taps = 2 * this.half
    this.filters = new Float32Array(this.up * taps)
    const row = new Float64Array(taps)
    for (let phase = 0; phase < this.up; phase++) {
      let total = 0
      for (let tap = 0; tap < taps; tap++) {
        const distance = tap - (this.half - 1) - phase / this.up
        const edge = distance / this.half
        const shape = Math.abs(edge) >= 1 ? 0 : bessel0(BETA * Math.sqrt(1 - edge * edge)) / bessel0(BETA)
        const value = cutoff * sinc(cutoff * distance) * shape
        row[tap] = value
        total += value
      }
      // Each phase sums to one, so that a constant stays that constant: no ripple at the output rate.
      for (let tap = 0; tap < taps; tap++) this.filters[phase * taps + tap] = (row[tap] ?? 0) / total
    }
    this.window = new Float32Array(taps + 4096)
    this.filled = this.half - 1
    this.base = this.half - 1
  }

  /** Upper bound of the samples that `process` writes for `inputLength` samples. */
  capacityFor(inputLength: number): number {
    return Math.ceil(((inputLength + 2 * this.half) * this.up) / this.down) + 1
  }

  /** Forget the past, as if the stream began anew. */
  reset(): void {
    this.window.fill(0)
    this.filled = this.half - 1
    this.base = this.half - 1
    this.phase = 0
  }

  /** Take the first `length` samples of `input`, write what they complete to `output` from `at`, return how many. */
  process(input: Float32Array, length: number, output: Float32Array, at = 0): number {
    if (this.filled + length > this.window.length) {
      const larger = new Float32Array(this.filled + length + 4096)
      larger.set(this.window.subarray(0, this.filled))
      this.window = larger
    }
    for (let i = 0; i < length; i++) this.window[this.filled + i] = input[i] ?? 0
    this.filled += length

    const taps = 2 * this.half
    let written = 0
    while (this.base + this.half < this.filled) {
      let sum = 0
      const filter = this.phase * taps
      const first = this.base - this.half + 1
      for (let tap = 0; tap < taps; tap++) sum += (this.filters[filter + tap] ?? 0) * (this.window[first + tap] ?? 0)
      output[at + written] = sum
      written++
      this.phase += this.down
      const whole = Math.floor(this.phase / this.up)
      this.base += whole
      this.phase -= whole * this.up
    }

    const drop = Math.min(this.base - this.half + 1, this.filled)
    this.window.copyWithin(0, drop, this.filled)
    this.filled -= drop
    this.base -= drop
    return written
  }
}
