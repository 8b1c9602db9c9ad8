import { describe, expect, test } from 'vitest'
import { VoiceActivity } from './voiceActivity'

const BLOCK = 128

/** Something with the pitch, the formants and the syllables of a voice; a different one for each pitch. */
function voice(seconds: number, rate: number, level: number, pitch = 125): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, i) => {
    const t = i / rate
    let sample = 0
    for (let harmonic = 1; harmonic <= 9; harmonic++) {
      const formants = Math.exp(-(((pitch * harmonic - 600) / 300) ** 2)) + 0.6 * Math.exp(-(((pitch * harmonic - 1500) / 400) ** 2)) + 0.1
      sample += (formants / harmonic ** 0.5) * Math.sin(2 * Math.PI * pitch * harmonic * t)
    }
    return 0.3 * level * (0.6 - 0.4 * Math.cos(2 * Math.PI * 4 * t)) * sample
  })
}

/** Noise from a fixed seed, so that a failure can be looked at again. */
function noise(seconds: number, rate: number, level: number): Float32Array {
  let seed = 42
  return Float32Array.from({ length: Math.round(seconds * rate) }, () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return level * (seed / 2_147_483_648 - 1)
  })
}

function silence(seconds: number, rate: number): Float32Array {
  return new Float32Array(Math.round(seconds * rate))
}

function join(...parts: Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function mix(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((sample, i) => sample + (b[i] ?? 0))
}

/** What comes back of the loudspeaker: later, and quieter. */
function echoOf(played: Float32Array, rate: number, delayMs: number, level: number): Float32Array {
  const delay = Math.round((delayMs * rate) / 1000)
  return played.map((_, i) => level * (played[i - delay] ?? 0))
}

/** When speech began, in ms. */
function onsets(activity: VoiceActivity, heard: Float32Array, played: Float32Array | null, rate: number): number[] {
  const found: number[] = []
  for (let at = 0; at + BLOCK <= heard.length; at += BLOCK) {
    if (activity.push(heard.subarray(at, at + BLOCK), played?.subarray(at, at + BLOCK) ?? null)) found.push(((at + BLOCK) * 1000) / rate)
  }
  return found
}

describe.each([44_100, 48_000])('voice activity at %i Hz', (rate) => {
  test('notices a voice within 50 ms, once an utterance', () => {
    const heard = join(silence(0.5, rate), voice(0.6, rate, 0.3), silence(0.5, rate), voice(0.6, rate, 0.3), silence(0.5, rate))
    const found = onsets(new VoiceActivity(rate), heard, null, rate)
    expect(found).toHaveLength(2)
    found.forEach((ms, index) => expect(ms - 500 - 1100 * index).toBeLessThan(50))
  })

  test('hears a soft voice in a noisy room, and not the room', () => {
    const room = noise(4, rate, 0.004)
    const heard = mix(room, join(silence(3, rate), voice(1, rate, 0.1)))
    const found = onsets(new VoiceActivity(rate), heard, null, rate)
    expect(found).toHaveLength(1)
    expect(found[0]).toBeGreaterThan(3000)
    expect(found[0]).toBeLessThan(3080)
  })

  test('takes a click of the keyboard for nothing', () => {
    const heard = join(silence(1, rate), noise(0.008, rate, 0.5), silence(1, rate), noise(0.01, rate, 0.5), silence(0.5, rate))
    expect(onsets(new VoiceActivity(rate), heard, null, rate)).toEqual([])
  })

  test.each([20, 80, 180])('is deaf to what is left of an echo %i ms later', (delayMs) => {
    const played = join(silence(0.3, rate), voice(4, rate, 0.5, 210))
    expect(onsets(new VoiceActivity(rate), echoOf(played, rate, delayMs, 0.05), played, rate)).toEqual([])
  })

  test('hears somebody who speaks over the answer', () => {
    const played = join(silence(0.3, rate), voice(4, rate, 0.5, 210))
    const heard = mix(echoOf(played, rate, 60, 0.03), join(silence(2.3, rate), voice(1, rate, 0.3)))
    const found = onsets(new VoiceActivity(rate), heard, played, rate)
    expect(found).toHaveLength(1)
    expect((found[0] ?? 0) - 2300).toBeGreaterThan(0)
    expect((found[0] ?? 0) - 2300).toBeLessThan(60)
  })

  test.each([0.2, 0.4, 0.9])('without echo cancellation it is mistaken once at most, and then knows (echo %f)', (level) => {
    const played = join(noise(0.2, rate, 0.3), voice(6, rate, 0.5, 210))
    const heard = echoOf(played, rate, 10, level)
    const activity = new VoiceActivity(rate)
    const half = Math.floor(heard.length / 2 / BLOCK) * BLOCK
    expect(onsets(activity, heard.subarray(0, half), played.subarray(0, half), rate).length).toBeLessThanOrEqual(1)
    activity.mistaken()
    expect(onsets(activity, heard.subarray(half), played.subarray(half), rate)).toEqual([])
  })
})
