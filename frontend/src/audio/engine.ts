/**
 * The sound of a call: microphone and loudspeaker on one AudioContext at the device's own rate.
 *
 * Nothing heavy happens here; one worklet does the work on the audio thread, for both directions: the sound that is played is
 * turned down the moment somebody begins to speak, without a way over the page.
 */
import type { Line } from './arrivalTimes'
import type { CaptureMessage, PlaybackCommand, PlaybackMessage, WorkletMessage } from './messages'
import workletUrl from './call.worklet.ts?worker&url'

export interface AudioListener {
  /** 40 ms from the microphone, or 20 while somebody may be interrupting (silence while muted). */
  onFrame(message: CaptureMessage): void
  onPlayback(event: PlaybackMessage): void
  /** The microphone went away (unplugged, permission withdrawn). */
  onMicrophoneLost(): void
}

/** What a call needs from sound; tests put their own in its place. */
export interface CallAudio {
  /** line: what is known of the line with an answer's first piece. */
  play(itemId: string, samples: Int16Array<ArrayBuffer>, line?: Line): void
  end(itemId: string): void
  flush(itemId?: string): void
  /** An item that was flushed goes on: what is played of it next begins at this moment of it. */
  resume(itemId: string, fromMs: number): void
  setMuted(muted: boolean): void
  /** Milliseconds between a sample leaving the worklet and reaching the ear, as the browser reports it. */
  outputDelayMs(): number
  close(): void
}

/** Why there is no microphone, told apart as far as the browser tells it. */
export type MicrophoneTrouble = 'denied' | 'none' | 'busy' | 'insecure' | 'unsupported'

export class MicrophoneError extends Error {
  readonly trouble: MicrophoneTrouble

  constructor(trouble: MicrophoneTrouble) {
    super(`microphone: ${trouble}`)
    this.trouble = trouble
  }
}

function troubleOf(error: unknown): MicrophoneTrouble {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none'
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy'
  return 'unsupported'
}

/**
 * Ask for the microphone and start both directions. Call it from a click: browsers let sound start only then.
 *
 * Raises MicrophoneError when there is no microphone to be had.
 */
export async function openAudio(listener: AudioListener): Promise<CallAudio> {
  if (!window.isSecureContext) throw new MicrophoneError('insecure')
  if (!navigator.mediaDevices || typeof AudioWorkletNode === 'undefined') throw new MicrophoneError('unsupported')

  // Created before the first await, inside the click: Safari starts sound only then.
  const context = new AudioContext({ latencyHint: 'interactive' })
  const resumed = context.resume()
  let stream: MediaStream
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
    })
  } catch (error) {
    await context.close()
    throw new MicrophoneError(troubleOf(error))
  }

  try {
    await Promise.all([context.audioWorklet.addModule(workletUrl), resumed])
  } catch (error) {
    for (const track of stream.getTracks()) track.stop()
    await context.close()
    throw error
  }

  const source = context.createMediaStreamSource(stream)
  const node = new AudioWorkletNode(context, 'engram-call', {
    numberOfInputs: 1,
    outputChannelCount: [1],
    channelCount: 1,
    channelCountMode: 'explicit',
    channelInterpretation: 'speakers',
  })
  node.port.onmessage = ({ data }: MessageEvent<WorkletMessage>) => {
    if (data.type === 'captured') listener.onFrame(data)
    else listener.onPlayback(data)
  }
  source.connect(node)
  node.connect(context.destination)

  const tracks = stream.getAudioTracks()
  const lost = () => listener.onMicrophoneLost()
  for (const track of tracks) track.addEventListener('ended', lost)

  // A phone call or another tab can suspend the context; coming back to the page starts it again.
  const wake = () => {
    if (context.state !== 'running' && context.state !== 'closed') void context.resume()
  }
  document.addEventListener('visibilitychange', wake)
  document.addEventListener('pointerdown', wake)

  const send = (command: PlaybackCommand, transfer: Transferable[] = []) => node.port.postMessage(command, transfer)
  return {
    play: (itemId, samples, line) => send({ type: 'push', itemId, samples, ...(line && { line }) }, [samples.buffer]),
    end: (itemId) => send({ type: 'end', itemId }),
    flush: (itemId) => send(itemId === undefined ? { type: 'flush' } : { type: 'flush', itemId }),
    resume: (itemId, fromMs) => send({ type: 'resume', itemId, fromMs }),
    setMuted: (muted) => {
      // The track then carries silence, and silence is sent: the service still notices the end of a sentence.
      for (const track of tracks) track.enabled = !muted
    },
    outputDelayMs: () => 1000 * (context.outputLatency || context.baseLatency || 0),
    close: () => {
      document.removeEventListener('visibilitychange', wake)
      document.removeEventListener('pointerdown', wake)
      for (const track of tracks) {
        track.removeEventListener('ended', lost)
        track.stop()
      }
      node.port.onmessage = null
      void context.close()
    },
  }
}
