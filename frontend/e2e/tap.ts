/**
 * Hears what the page sends to the loudspeaker: every sample, with its time on the audio clock. Installed by the test before the
 * page's own scripts; the product knows nothing of it. Its worklet comes from a blob, so a test that uses it sets `bypassCSP`.
 */
import type { Page } from '@playwright/test'

/** Blocks are handed over eight at a time, so that listening does not keep the page from its work. */
const TAP_MODULE = `
registerProcessor('test-tap', class extends AudioWorkletProcessor {
  process(inputs) {
    const samples = inputs[0] && inputs[0][0]
    if (!samples) return true
    if (!this.samples) {
      this.time = currentTime
      this.count = 0
      this.samples = new Float32Array(8 * samples.length)
      this.microphone = new Float32Array(8 * samples.length)
    }
    this.samples.set(samples, this.count)
    if (inputs[1] && inputs[1][0]) this.microphone.set(inputs[1][0], this.count)
    this.count += samples.length
    if (this.count === this.samples.length) {
      this.port.postMessage({ time: this.time, samples: this.samples, microphone: this.microphone }, [this.samples.buffer, this.microphone.buffer])
      this.samples = null
    }
    return true
  }
})`

interface TapState {
  rate: number
  /** What was played, and what the microphone gave to the page at that moment: both sample by sample on one clock. */
  blocks: { time: number; samples: Float32Array; microphone: Float32Array }[]
  /** Messages of the voice socket with the audio clock's time of their arrival. */
  messages: { time: number; message: Record<string, unknown> }[]
}

declare global {
  interface Window {
    engramTestTap: TapState
  }
}

/** Install the tap; call before the page is opened. */
export async function installTap(page: Page): Promise<void> {
  await page.addInitScript((module) => {
    const tap: TapState = { rate: 0, blocks: [], messages: [] }
    window.engramTestTap = tap
    let context: AudioContext | null = null

    const connect = AudioNode.prototype.connect as (this: AudioNode, ...target: unknown[]) => AudioNode
    const sources: AudioNode[] = []
    AudioNode.prototype.connect = function (this: AudioNode, ...target: unknown[]) {
      if (this instanceof MediaStreamAudioSourceNode) sources.push(this)
      if (target[0] instanceof AudioDestinationNode) {
        context = this.context as AudioContext
        tap.rate = context.sampleRate
        const listen = async (sounding: AudioContext) => {
          await sounding.audioWorklet.addModule(URL.createObjectURL(new Blob([module], { type: 'text/javascript' })))
          const node = new AudioWorkletNode(sounding, 'test-tap', { numberOfInputs: 2, numberOfOutputs: 0 })
          node.port.onmessage = ({ data }: MessageEvent<TapState['blocks'][number]>) => tap.blocks.push(data)
          connect.call(this, node)
          for (const source of sources) connect.call(source, node, 0, 1)
        }
        void listen(context)
      }
      return connect.apply(this, target)
    } as typeof AudioNode.prototype.connect

    const NativeSocket = window.WebSocket
    window.WebSocket = class extends NativeSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        this.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
          if (data instanceof ArrayBuffer) {
            const head = new DataView(data)
            const item_id = new TextDecoder().decode(new Uint8Array(data, 8, head.getUint16(2, true)))
            tap.messages.push({ time: context?.currentTime ?? 0, message: { type: 'audio', item_id, seq: head.getUint32(4, true) } })
          }
          if (typeof data !== 'string') return
          const message = JSON.parse(data) as Record<string, unknown>
          if (message['type'] === 'audio') delete message['data']
          tap.messages.push({ time: context?.currentTime ?? 0, message })
        })
      }
    }

    // The file is the voice; the browser's clean-up for real rooms would only change it.
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = () =>
      open({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } })
  }, TAP_MODULE)
}

export interface Stretch {
  /** Seconds on the audio clock. */
  readonly from: number
  readonly to: number
}

export interface Heard {
  readonly rate: number
  readonly stretches: readonly Stretch[]
  readonly peak: number
}

/** Everything that was heard so far, as samples in [-1, 1]. */
export async function heardSamples(page: Page): Promise<{ rate: number; samples: Float32Array }> {
  const { rate, base64 } = await page.evaluate(async () => {
    const { rate: contextRate, blocks } = window.engramTestTap
    const blob = new Blob(blocks.map(({ samples }) => samples as Float32Array<ArrayBuffer>))
    const url = await new Promise<string>((resolve) => {
      const reader = new FileReader()
      reader.addEventListener('load', () => resolve(String(reader.result)))
      reader.readAsDataURL(blob)
    })
    return { rate: contextRate, base64: url.slice(url.indexOf(',') + 1) }
  })
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'))
  return { rate, samples: new Float32Array(bytes.buffer) }
}

/** Where sound was heard: stretches above `threshold`, joined when the pause between them is under `pause` seconds. */
export function heard(page: Page, threshold = 0.01, pause = 0.06): Promise<Heard> {
  return page.evaluate(
    ([level, gap]) => {
      const { rate, blocks } = window.engramTestTap
      const stretches: { from: number; to: number }[] = []
      let peak = 0
      for (const { time, samples } of blocks) {
        samples.forEach((sample, index) => {
          const loud = Math.abs(sample)
          if (loud > peak) peak = loud
          if (loud < level) return
          const at = time + index / rate
          const last = stretches.at(-1)
          if (last && at - last.to < gap) last.to = at
          else stretches.push({ from: at, to: at })
        })
      }
      return { rate, stretches, peak }
    },
    [threshold, pause] as const,
  )
}

/** Seconds of sound in all. */
export function lengthOf({ stretches }: Heard): number {
  return stretches.reduce((sum, { from, to }) => sum + to - from, 0)
}

/** When messages of a type arrived, in seconds on the audio clock. */
export function arrivals(page: Page, type: string): Promise<{ time: number; message: Record<string, unknown> }[]> {
  return page.evaluate((wanted) => window.engramTestTap.messages.filter(({ message }) => message['type'] === wanted), type)
}

/** Median pitch in Hz of what was heard between two moments (seconds on the audio clock), by autocorrelation. */
export function medianPitch(page: Page, from = 0, to = Number.POSITIVE_INFINITY): Promise<number> {
  return page.evaluate(
    ([begin, end]) => {
      const { rate, blocks } = window.engramTestTap
      const chosen = blocks.filter(({ time }) => time >= begin && time <= end)
      const samples = new Float32Array(chosen.reduce((sum, block) => sum + block.samples.length, 0))
      let at = 0
      for (const block of chosen) {
        samples.set(block.samples, at)
        at += block.samples.length
      }
      const frame = Math.round(rate * 0.04)
      const shortest = Math.floor(rate / 400)
      const longest = Math.ceil(rate / 60)
      const pitches: number[] = []
      for (let start = 0; start + frame + longest < samples.length; start += frame) {
        let energy = 0
        for (let i = 0; i < frame; i++) energy += (samples[start + i] ?? 0) ** 2
        if (Math.sqrt(energy / frame) < 0.02) continue
        const scores = new Float32Array(longest + 1)
        let best = 0
        for (let lag = shortest; lag <= longest; lag++) {
          let cross = 0
          let other = 0
          for (let i = 0; i < frame; i += 2) {
            const a = samples[start + i] ?? 0
            const b = samples[start + i + lag] ?? 0
            cross += a * b
            other += b * b
          }
          scores[lag] = cross / Math.sqrt((energy / 2) * other + 1e-9)
          best = Math.max(best, scores[lag] ?? 0)
        }
        if (best < 0.7) continue
        // The shortest lag that is nearly as good as the best one: a period, not a multiple of it.
        for (let lag = shortest + 1; lag < longest; lag++) {
          const score = scores[lag] ?? 0
          if (score > 0.9 * best && score >= (scores[lag - 1] ?? 0) && score >= (scores[lag + 1] ?? 0)) {
            pitches.push(rate / lag)
            break
          }
        }
      }
      pitches.sort((a, b) => a - b)
      return pitches[pitches.length >> 1] ?? 0
    },
    [from, to] as const,
  )
}

export interface Interruption {
  /** Where the voice begins in the microphone's waveform, seconds on the audio clock. */
  readonly onset: number
  /** Milliseconds from there until what was played is 18 dB down, and until it is silent. */
  readonly duckedMs: number
  readonly silentMs: number
}

/**
 * Every time the microphone's waveform rises from quiet while an answer sounds: how long the answer went on.
 *
 * Down: no later sample of that answer is within 17 dB of its peak. Silent: none is above -60 dBFS, for 80 ms at least.
 */
export function interruptions(page: Page): Promise<readonly Interruption[]> {
  return page.evaluate(() => {
    const { rate, blocks } = window.engramTestTap
    const count = blocks.reduce((sum, { samples }) => sum + samples.length, 0)
    const played = new Float32Array(count)
    const microphone = new Float32Array(count)
    let at = 0
    for (const block of blocks) {
      played.set(block.samples, at)
      microphone.set(block.microphone, at)
      at += block.samples.length
    }
    const start = blocks[0]?.time ?? 0
    const found: { onset: number; duckedMs: number; silentMs: number }[] = []
    const quiet = 0.25 * rate
    let lastLoud = -quiet
    for (let i = 0; i < count; i++) {
      if (Math.abs(microphone[i] ?? 0) < 0.003) continue
      const began = i - lastLoud >= quiet
      lastLoud = i
      if (!began) continue
      let peak = 0
      for (let j = Math.max(0, i - Math.round(0.03 * rate)); j < i; j++) peak = Math.max(peak, Math.abs(played[j] ?? 0))
      if (peak < 0.05) continue
      let loud = i
      let sounding = i
      for (let j = i; j < count && j - sounding < 0.08 * rate; j++) {
        const level = Math.abs(played[j] ?? 0)
        if (level > 0.001) sounding = j
        if (level > peak * 10 ** (-17 / 20)) loud = j
      }
      found.push({ onset: start + i / rate, duckedMs: ((loud - i) * 1000) / rate, silentMs: ((sounding - i) * 1000) / rate })
    }
    return found
  })
}

/** The value below which this part of them lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN
}
