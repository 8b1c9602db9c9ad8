/** PCM16 on the wire, Float32 in the browser's audio graph: the two conversions, and the numbers both sides agree on. */

/** Samples a second on the wire, both ways (mono PCM16, little endian). */
export const WIRE_RATE = 24_000

/** Length of one captured frame. 40 ms keeps the overhead low and adds little delay. */
export const FRAME_MS = 40

/** Samples in one captured frame. */
export const FRAME_SAMPLES = (WIRE_RATE * FRAME_MS) / 1000

/** Samples in a frame while somebody may be interrupting: 20 ms. */
export const HURRIED_SAMPLES = FRAME_SAMPLES / 2

/** Convert one sample in [-1, 1] to 16 bits; louder ones are clipped, never wrapped. */
export function toPcm16(sample: number): number {
  const clipped = Math.max(-1, Math.min(1, sample))
  return Math.round(clipped < 0 ? clipped * 32_768 : clipped * 32_767)
}

/** Convert a 16-bit sample to [-1, 1). */
export function fromPcm16(sample: number): number {
  return sample / 32_768
}

/** Milliseconds that `samples` last on the wire. */
export function wireMs(samples: number): number {
  return (samples * 1000) / WIRE_RATE
}

/** Decode the base64 of little-endian PCM16. An odd last byte cannot be a sample and is dropped. */
export function decodeBase64Pcm16(base64: string): Int16Array<ArrayBuffer> {
  const binary = atob(base64)
  const count = binary.length >> 1
  const samples = new Int16Array(count)
  for (let i = 0; i < count; i++) {
    samples[i] = binary.charCodeAt(2 * i) | (binary.charCodeAt(2 * i + 1) << 8)
  }
  return samples
}
