/** What the page and its two audio worklets say to each other. */
import type { PlaybackEvent } from './playback'

/** Capture worklet to page: one frame, ready to send. */
export interface CaptureMessage {
  readonly pcm: ArrayBuffer
  readonly peak: number
  readonly rms: number
}

/** Page to playback worklet. */
export type PlaybackCommand =
  | { readonly type: 'push'; readonly itemId: string; readonly samples: Int16Array<ArrayBuffer> }
  | { readonly type: 'end'; readonly itemId: string }
  | { readonly type: 'flush'; readonly itemId?: string }

/** Playback worklet to page. */
export type PlaybackMessage = PlaybackEvent
