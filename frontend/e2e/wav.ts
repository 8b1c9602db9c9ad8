/** Sound files for Chromium's fake microphone: PCM16 mono at 48 kHz, made from pieces of silence, speech-like sound and files. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const RATE = 48_000

export type Piece = { readonly silence: number } | { readonly speechLike: number } | { readonly samples: Float32Array; readonly rate: number }

/** Something with the rhythm, pitch and loudness of a voice: enough for a detector that listens for energy. Seconds. */
function speechLike(seconds: number): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * RATE) }, (_, i) => {
    const t = i / RATE
    const syllable = 0.55 + 0.45 * Math.sin(2 * Math.PI * 4 * t - Math.PI / 2)
    const pitch = 125 * t + 2 * Math.sin(2 * Math.PI * 1.3 * t)
    let voice = 0
    for (let harmonic = 1; harmonic <= 24; harmonic++) {
      const frequency = 125 * harmonic
      const formants = Math.exp(-(((frequency - 600) / 300) ** 2)) + 0.6 * Math.exp(-(((frequency - 1500) / 400) ** 2)) + 0.1
      voice += (formants / harmonic ** 0.5) * Math.sin(2 * Math.PI * pitch * harmonic)
    }
    return 0.12 * syllable * voice
  })
}

function toRate(samples: Float32Array, rate: number): Float32Array {
  const output = new Float32Array(Math.floor((samples.length * RATE) / rate))
  return output.map((_, i) => {
    const at = (i * rate) / RATE
    const before = Math.floor(at)
    const a = samples[before] ?? 0
    return a + ((samples[before + 1] ?? a) - a) * (at - before)
  })
}

/** Where the sound of this name lies. Its own for each run: the main process and its workers share the environment. */
export function soundPath(name: string): string {
  return join(tmpdir(), `engram-e2e-sounds-${process.env['ENGRAM_E2E_RUN'] ?? 'alone'}`, `${name}.wav`)
}

/** Write the pieces one after the other; return the file's path. */
export function writeWav(name: string, pieces: readonly Piece[]): string {
  const parts = pieces.map((piece) => {
    if ('silence' in piece) return new Float32Array(Math.round(piece.silence * RATE))
    return 'speechLike' in piece ? speechLike(piece.speechLike) : toRate(piece.samples, piece.rate)
  })
  const count = parts.reduce((sum, part) => sum + part.length, 0)
  const file = Buffer.alloc(44 + 2 * count)
  file.write('RIFF', 0)
  file.writeUInt32LE(36 + 2 * count, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(RATE, 24)
  file.writeUInt32LE(2 * RATE, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(2 * count, 40)
  let at = 44
  for (const part of parts) {
    for (const sample of part) {
      file.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), at)
      at += 2
    }
  }
  const path = soundPath(name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, file)
  return path
}

/** Read raw PCM16 at `rate` as a piece. */
export function pcmPiece(path: string, rate: number): Piece {
  const bytes = readFileSync(path)
  return { rate, samples: Float32Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(2 * i) / 32_768) }
}

/** Chromium's arguments for a microphone that plays this file once, from when the page opens it. */
export function microphone(path: string): string[] {
  return [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${path}%noloop`,
    '--autoplay-policy=no-user-gesture-required',
  ]
}
