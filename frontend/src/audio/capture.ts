/** What the capture worklet does, as a plain class: microphone samples at any rate in, 40 ms PCM16 frames at 24 kHz out. */
import { FRAME_SAMPLES, WIRE_RATE, toPcm16 } from './pcm'
import { Resampler } from './resampler'

export interface CapturedFrame {
  /** FRAME_SAMPLES of PCM16 at WIRE_RATE. */
  readonly samples: Int16Array<ArrayBuffer>
  /** The highest sample of the frame and, of the next one, the lowest, in turn; in [-1, 1]. What the trace draws. */
  readonly peak: number
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
      if (this.filled === FRAME_SAMPLES) this.emit()
    }
  }

  private emit(): void {
    this.onFrame({
      samples: this.frame,
      peak: Math.max(-1, Math.min(1, this.peak)),
      rms: Math.min(1, Math.sqrt(this.energy / FRAME_SAMPLES)),
    })
    // The frame's memory travels to the page, so each one is new.
    this.frame = new Int16Array(FRAME_SAMPLES)
    this.filled = 0
    this.peak = 0
    this.upwards = !this.upwards
    this.energy = 0
  }
}
