/** A call's sound on the audio thread: the microphone goes to the page, speech to the loudspeaker, and each knows of the other. */
import { CaptureCore } from './capture'
import type { PlaybackCommand, WorkletMessage } from './messages'
import { PlaybackCore } from './playback'
import { VoiceActivity } from './voiceActivity'

class CallProcessor extends AudioWorkletProcessor {
  private readonly capture = new CaptureCore(sampleRate, ({ samples, peak, rms }) => {
    const message: WorkletMessage = { type: 'captured', pcm: samples.buffer, peak, rms }
    this.port.postMessage(message, [samples.buffer])
  })
  private readonly playback = new PlaybackCore(sampleRate, (event) => this.port.postMessage(event))
  private readonly voice = new VoiceActivity(sampleRate)
  /** What was played with the last block: what the microphone hears now was played before. */
  private played: Float32Array | null = null
  private ducked = false

  constructor() {
    super()
    this.port.onmessage = ({ data }: MessageEvent<PlaybackCommand>) => {
      if (data.type === 'push') this.playback.push(data.itemId, data.samples, data.line)
      else if (data.type === 'end') this.playback.end(data.itemId)
      else if (data.type === 'resume') this.playback.resume(data.itemId, data.fromMs)
      else this.flush(data.itemId)
    }
  }

  override process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    // The node asks for one channel, so the browser has mixed down already.
    const microphone = inputs[0]?.[0]
    if (microphone) this.listen(microphone)
    const channels = outputs[0]
    const first = channels?.[0]
    if (!channels || !first) return true
    this.playback.render(first)
    for (const other of channels.slice(1)) other.set(first)
    this.played ??= new Float32Array(first.length)
    this.played.set(first)
    return true
  }

  private listen(microphone: Float32Array): void {
    this.capture.push(microphone)
    if (this.ducked && !this.playback.ducked) {
      // The time is over, and the service has not noticed anybody.
      this.voice.mistaken()
      this.stopHurrying()
    }
    if (this.voice.push(microphone, this.played) && this.playback.duck()) {
      this.ducked = true
      this.capture.hurry(true)
    }
  }

  private flush(itemId: string | undefined): void {
    this.playback.flush(itemId)
    this.stopHurrying()
  }

  private stopHurrying(): void {
    this.ducked = false
    this.capture.hurry(false)
  }
}

registerProcessor('engram-call', CallProcessor)
