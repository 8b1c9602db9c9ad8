/** What the page and its audio worklet say to each other. */
import type { Line } from './arrivalTimes'
import type { PlaybackEvent } from './playback'

/** One frame of the microphone, ready to send. `peak` is null where the last one stands for it as well. */
export interface CaptureMessage {
  readonly pcm: ArrayBuffer
  readonly peak: number | null
  readonly rms: number
}

/** Page to worklet. */
export type PlaybackCommand =
  | { readonly type: 'push'; readonly itemId: string; readonly samples: Int16Array<ArrayBuffer>; readonly line?: Line }
  | { readonly type: 'end'; readonly itemId: string }
  | { readonly type: 'flush'; readonly itemId?: string }
  | { readonly type: 'resume'; readonly itemId: string; readonly fromMs: number }

/** Worklet to page: what happened to the sound that is played. */
export type PlaybackMessage = PlaybackEvent

export type WorkletMessage = ({ readonly type: 'captured' } & CaptureMessage) | PlaybackMessage
