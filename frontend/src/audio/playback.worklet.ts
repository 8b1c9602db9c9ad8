/** The loudspeaker's end on the audio thread: plays what the page queues and tells how far it has come. */
import type { PlaybackCommand } from './messages'
import { PlaybackCore } from './playback'

class PlaybackProcessor extends AudioWorkletProcessor {
  private readonly core = new PlaybackCore(sampleRate, (event) => this.port.postMessage(event))

  constructor() {
    super()
    this.port.onmessage = ({ data }: MessageEvent<PlaybackCommand>) => {
      if (data.type === 'push') this.core.push(data.itemId, data.samples)
      else if (data.type === 'end') this.core.end(data.itemId)
      else this.core.flush(data.itemId)
    }
  }

  override process(_: Float32Array[][], outputs: Float32Array[][]): boolean {
    const channels = outputs[0]
    const first = channels?.[0]
    if (!channels || !first) return true
    this.core.render(first)
    for (const other of channels.slice(1)) other.set(first)
    return true
  }
}

registerProcessor('engram-playback', PlaybackProcessor)
