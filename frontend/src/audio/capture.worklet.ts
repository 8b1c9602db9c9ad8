/** The microphone's end on the audio thread: mixes to mono and hands 40 ms frames to the page. */
import { CaptureCore } from './capture'
import type { CaptureMessage } from './messages'

class CaptureProcessor extends AudioWorkletProcessor {
  private readonly core = new CaptureCore(sampleRate, ({ samples, peak, rms }) => {
    const message: CaptureMessage = { pcm: samples.buffer, peak, rms }
    this.port.postMessage(message, [samples.buffer])
  })

  override process(inputs: Float32Array[][]): boolean {
    // The node asks for one channel, so the browser has mixed down already.
    const mono = inputs[0]?.[0]
    if (mono) this.core.push(mono)
    return true
  }
}

registerProcessor('engram-capture', CaptureProcessor)
