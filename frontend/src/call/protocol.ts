/** The voice WebSocket's messages, read with suspicion: what does not have the documented form is ignored, never trusted. */
import { decodeBase64Pcm16 } from '../audio/pcm'

export type Activity = 'ready' | 'listening' | 'thinking' | 'speaking' | 'reconnecting'

export type ServerMessage = { readonly seq: number | null } & (
  | { readonly type: 'agent_switched'; readonly agentId: string }
  | {
      readonly type: 'transcription'
      readonly status: 'listening' | 'processing' | 'complete'
      readonly text: string
      readonly speaker: 'user' | 'assistant'
      readonly itemId: string
      readonly agentId: string | null
      /** Set on the last caption of an answer that was cut off: what of it was not heard. */
      readonly unheard: string | null
    }
  | { readonly type: 'audio'; readonly samples: Int16Array<ArrayBuffer>; readonly itemId: string }
  | { readonly type: 'audio_end'; readonly itemId: string }
  | { readonly type: 'interrupted'; readonly itemId: string; readonly heardMs: number | null }
  /** The interruption was none: what follows of the item begins at this moment of it. */
  | { readonly type: 'resumed_speech'; readonly itemId: string; readonly fromMs: number }
  /** `atMs`: when it was said, on the service's clock; null where it does not tell. */
  | { readonly type: 'state'; readonly state: Activity; readonly atMs: number | null }
  /** All lines to the voice service are taken for the moment. `place`: 1 is next; `seconds`: about how long it takes. */
  | { readonly type: 'waiting'; readonly queue: { readonly place: number; readonly seconds: number } }
  /** A tool that the answer waits for. */
  | { readonly type: 'tool'; readonly name: string; readonly status: ToolStatus; readonly callId: string }
  /** The call goes on over this connection. Not `complete`: what was said meanwhile stands in the store alone. */
  | { readonly type: 'resumed'; readonly complete: boolean }
  /** The service asks to connect anew; the call goes on there. */
  | { readonly type: 'moved'; readonly reason: string; readonly afterMs: number }
  /** Something was said in this conversation outside the call. */
  | { readonly type: 'turn'; readonly itemId: string }
  | { readonly type: 'pong'; readonly atMs: number | null }
  | { readonly type: 'metrics'; readonly turn: TurnMetrics }
  | { readonly type: 'error'; readonly message: string; readonly code: string; readonly retryable: boolean }
)

/** What a turn measured, told once when it is over. Milliseconds; null for what did not happen or is not known. */
export interface TurnMetrics {
  readonly itemId: string
  /** From the person's last sound until the service noticed the end of their turn; the next four count from there. */
  readonly endOfSpeechMs: number | null
  readonly transcriptMs: number | null
  readonly firstTokenMs: number | null
  readonly firstAudioMs: number | null
  readonly heardMs: number | null
  /** From the person coming in until the answer was silent. */
  readonly stopMs: number | null
  readonly underruns: number
  readonly handOffMs: number | null
  readonly tools: readonly { readonly name: string; readonly ms: number }[]
}

export type ClientMessage =
  | { readonly type: 'agent'; readonly agent_id: string }
  | { readonly type: 'cancel' }
  | { readonly type: 'played'; readonly item_id: string; readonly ms: number }
  /** What this page measured of an answer (playbackReports.ts): at its first sound, and when it has ended. */
  | {
      readonly type: 'playback'
      readonly item_id: string
      readonly waited_ms?: number
      readonly output_ms?: number
      readonly silence_ms?: number
      readonly buffer_ms?: number
      readonly gaps?: number
      readonly over?: 'finished' | 'flushed'
    }
  | { readonly type: 'text'; readonly content: string }
  /** `binary`: sound is to come as binary messages, see `parseSound`. */
  | { readonly type: 'hello'; readonly resume_after: number; readonly call_id: string; readonly playing: Playing | null; readonly binary: true }
  /** Is anybody there? `seen`: the last number that arrived. */
  | { readonly type: 'ping'; readonly seen: number }

/** The answer that this page last had sound of: heard of it, arrived, and whether that is all. Null: none in this call. */
export interface Playing {
  readonly item_id: string
  readonly ms: number
  readonly received_ms: number
  readonly ended: boolean
}

const ACTIVITIES: readonly string[] = ['ready', 'listening', 'thinking', 'speaking', 'reconnecting'] satisfies Activity[]

export type ToolStatus = 'started' | 'done' | 'failed' | 'cancelled'

const TOOL_STATUSES: readonly string[] = ['started', 'done', 'failed', 'cancelled'] satisfies ToolStatus[]

function asMs(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 ? value : null
}

function turnMetrics(message: Record<string, unknown>): TurnMetrics {
  const tools: unknown[] = Array.isArray(message['tools']) ? message['tools'] : []
  return {
    itemId: asText(message['item_id']),
    endOfSpeechMs: asMs(message['end_of_speech_ms']),
    transcriptMs: asMs(message['transcript_ms']),
    firstTokenMs: asMs(message['first_token_ms']),
    firstAudioMs: asMs(message['first_audio_ms']),
    heardMs: asMs(message['heard_ms']),
    stopMs: asMs(message['stop_ms']),
    underruns: asMs(message['underruns']) ?? 0,
    handOffMs: asMs(message['hand_off_ms']),
    tools: tools.flatMap((tool) => {
      const { name, ms } = (tool ?? {}) as Record<string, unknown>
      return asText(name) && typeof ms === 'number' ? [{ name: asText(name), ms }] : []
    }),
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The head of a binary message: kind (1: sound), its own size, the length of the item's id, the number; then the id. */
const LEAST_HEAD = 8

/** Read one binary frame: sound, a quarter shorter than as base64 and not to be decoded; null when it is none. */
export function parseSound(frame: ArrayBuffer): ServerMessage | null {
  if (frame.byteLength < LEAST_HEAD) return null
  const head = new DataView(frame)
  const size = head.getUint8(1)
  const idLength = head.getUint16(2, true)
  if (head.getUint8(0) !== 1 || size < LEAST_HEAD + idLength || size > frame.byteLength || (frame.byteLength - size) % 2 !== 0) return null
  const itemId = new TextDecoder().decode(new Uint8Array(frame, LEAST_HEAD, idLength))
  return { type: 'audio', samples: new Int16Array(frame.slice(size)), itemId, seq: head.getUint32(4, true) }
}

/** Read one text frame; null when it is not a message that this page knows. */
export function parseServerMessage(frame: string): ServerMessage | null {
  let raw: unknown
  try {
    raw = JSON.parse(frame)
  } catch {
    return null
  }
  if (typeof raw !== 'object' || raw === null) return null
  const message = raw as Record<string, unknown>
  const seq = typeof message['seq'] === 'number' ? message['seq'] : null
  const itemId = asText(message['item_id'])
  switch (message['type']) {
    case 'agent_switched':
      return asText(message['agent_id']) ? { type: 'agent_switched', agentId: asText(message['agent_id']), seq } : null
    case 'transcription': {
      const { status, speaker } = message
      if (status !== 'listening' && status !== 'processing' && status !== 'complete') return null
      if (speaker !== 'user' && speaker !== 'assistant') return null
      return {
        type: 'transcription',
        status,
        speaker,
        text: asText(message['text']),
        itemId,
        agentId: asText(message['agent_id']) || null,
        unheard: message['interrupted'] === true ? asText(message['unheard']) : null,
        seq,
      }
    }
    case 'audio':
      return asText(message['data']) ? { type: 'audio', samples: decodeBase64Pcm16(asText(message['data'])), itemId, seq } : null
    case 'audio_end':
      return { type: 'audio_end', itemId, seq }
    case 'interrupted':
      return { type: 'interrupted', itemId, heardMs: typeof message['heard_ms'] === 'number' ? message['heard_ms'] : null, seq }
    case 'resumed_speech':
      return typeof message['from_ms'] === 'number' ? { type: 'resumed_speech', itemId, fromMs: message['from_ms'], seq } : null
    case 'state':
      if (message['state'] === 'waiting' && typeof message['place'] === 'number' && typeof message['seconds'] === 'number') {
        return { type: 'waiting', queue: { place: message['place'], seconds: message['seconds'] }, seq }
      }
      return ACTIVITIES.includes(asText(message['state'])) ? { type: 'state', state: message['state'] as Activity, atMs: asMs(message['at_ms']), seq } : null
    case 'tool':
      return TOOL_STATUSES.includes(asText(message['status'])) && asText(message['call_id'])
        ? { type: 'tool', name: asText(message['name']), status: message['status'] as ToolStatus, callId: asText(message['call_id']), seq }
        : null
    case 'resumed':
      return { type: 'resumed', complete: message['complete'] === true, seq }
    case 'moved':
      return { type: 'moved', reason: asText(message['reason']), afterMs: typeof message['after_ms'] === 'number' ? message['after_ms'] : 0, seq }
    case 'turn':
      return { type: 'turn', itemId, seq }
    case 'pong':
      return { type: 'pong', atMs: asMs(message['at_ms']), seq }
    case 'metrics':
      return { type: 'metrics', turn: turnMetrics(message), seq }
    case 'error':
      return {
        type: 'error',
        message: asText(message['message']) || 'The voice service reported an error.',
        code: asText(message['code']) || 'error',
        retryable: message['retryable'] === true,
        seq,
      }
    default:
      return null
  }
}
