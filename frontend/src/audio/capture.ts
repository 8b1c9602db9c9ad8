/** The microphone's half of the worklet, as a plain class: samples at any rate in, PCM16 frames at 24 kHz out, of 40 ms. */
import { FRAME_SAMPLES, HURRIED_SAMPLES, WIRE_RATE, toPcm16 } from './pcm'
import { Resampler } from './resampler'

export interface CapturedFrame {
  /** PCM16 at WIRE_RATE: FRAME_SAMPLES, fewer while it is hurried. */
  readonly samples: Int16Array<ArrayBuffer>
  /** Of the last 40 ms the highest sample and, of the next, the lowest, in turn; in [-1, 1]. What the trace draws. */
  readonly peak: number | null
  /** Root mean square in [0, 1]: what tells speech from silence. */
  readonly rms: number
}

export class CaptureCore {
  private readonly resampler: Resampler
  private readonly onFrame: (frame: CapturedFrame) => void
  private resampled = new Float32Array(0)
  private frame = new Int16Array(FRAME_SAMPLES)
  private filled = 0
  private peak = 0
  private upwards = true
  private energy = 0
  private sincePeak = 0
  private hurried = false

  constructor(contextRate: number, onFrame: (frame: CapturedFrame) => void) {
    this.resampler = new Resampler(contextRate, WIRE_RATE)
    this.onFrame = onFrame
  }

  /** Take one block of mono samples; `onFrame` is called for each frame that it completes. */
  push(block: Float32Array): void {
    const capacity = this.resampler.capacityFor(block.length)
    if (this.resampled.length < capacity) this.resampled = new Float32Array(capacity)
    const count = this.resampler.process(block, block.length, this.resampled)
    for (let i = 0; i < count; i++) {
      const sample = this.resampled[i] ?? 0
      if (this.upwards ? sample > this.peak : sample < this.peak) this.peak = sample
      this.energy += sample * sample
      this.frame[this.filled] = toPcm16(sample)
      this.filled++
      if (this.filled === (this.hurried ? HURRIED_SAMPLES : FRAME_SAMPLES)) this.emit()
    }
  }

  /** While somebody may be interrupting, the service should hear it soon: frames of 20 ms, beginning with what is there. */
  hurry(on: boolean): void {
    this.hurried = on
    if (on && this.filled > 0) this.emit()
  }

  private emit(): void {
    this.sincePeak += this.filled
    const due = this.sincePeak >= FRAME_SAMPLES
    this.onFrame({
      samples: this.filled === FRAME_SAMPLES ? this.frame : this.frame.slice(0, this.filled),
      peak: due ? Math.max(-1, Math.min(1, this.peak)) : null,
      rms: Math.min(1, Math.sqrt(this.energy / this.filled)),
    })
    // The frame's memory travels to the page, so each one is new.
    this.frame = new Int16Array(FRAME_SAMPLES)
    this.filled = 0
    this.energy = 0
    if (!due) return
    this.sincePeak -= FRAME_SAMPLES
    this.peak = 0
    this.upwards = !this.upwards
  }
}
