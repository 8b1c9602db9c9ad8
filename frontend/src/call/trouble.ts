/** Why a call does not run, in plain sentences: what happened, what is safe, what to do. */
import type { Problem } from '../api/problems'
import type { MicrophoneTrouble } from '../audio/engine'

export interface Trouble {
  readonly code: string
  readonly happened: string
  readonly remedy: string
  /** Whether trying again on its own makes sense. */
  readonly retryable: boolean
}

const SAFE = 'What was said so far is kept.'

const MICROPHONE: Record<MicrophoneTrouble, [happened: string, remedy: string]> = {
  denied: ['The browser did not give this page your microphone.', 'Allow the microphone in the address bar, then call again. You can go on typing meanwhile.'],
  none: ['No microphone was found.', 'Plug one in or choose one in your system settings, then call again. You can go on typing meanwhile.'],
  busy: ['Your microphone is in use by another program.', 'Close the other program, then call again. You can go on typing meanwhile.'],
  insecure: ['Browsers give a microphone only to secure pages.', 'Open this page over https, or on localhost. You can go on typing meanwhile.'],
  unsupported: ['Sound could not be started in this browser.', 'Use a current Chrome, Edge, Firefox or Safari. You can go on typing meanwhile.'],
}

export function microphoneTrouble(kind: MicrophoneTrouble): Trouble {
  const [happened, remedy] = MICROPHONE[kind]
  return { code: `microphone_${kind}`, happened, remedy, retryable: false }
}

export const MICROPHONE_LOST: Trouble = {
  code: 'microphone_lost',
  happened: 'The microphone was disconnected.',
  remedy: `${SAFE} Plug it in again and call again.`,
  retryable: false,
}

const CLOSED: Record<number, [code: string, happened: string, remedy: string, retryable: boolean]> = {
  1001: ['moved', 'The service is restarting.', SAFE, true],
  1011: ['service_error', 'The service made a mistake and ended the call.', SAFE, true],
  1012: ['restart', 'The service is restarting.', SAFE, true],
  1013: ['busy', 'The service is busy.', SAFE, true],
  4400: ['bad_session', 'The service does not accept this conversation’s id.', 'Start a new conversation.', false],
  // The next connection asks for a new ticket: that renews the sign-in, or says that the person is needed.
  4401: ['signed_out', 'Your sign-in is being renewed.', SAFE, true],
  4403: ['forbidden', 'You are not allowed to make calls from here.', 'Ask whoever runs Engram for the right to speak, or open it from its own address.', false],
  4408: ['too_slow', 'Your connection could not keep up with the call.', SAFE, true],
  4409: ['replaced', 'This conversation’s call was taken over by another tab or window.', `${SAFE} Call again to take it back.`, false],
  4410: ['moved', 'The service is moving your call to another place.', SAFE, true],
  4411: ['idle', 'The call ended, because nobody had said anything for a while.', `${SAFE} Call again whenever you like.`, false],
  4412: ['longest', 'The call ended: it had lasted as long as a call may.', `${SAFE} You can call again at once.`, false],
  4429: ['too_many', 'Too many calls are running at the moment.', 'Wait a moment, then call again. You can go on typing meanwhile.', false],
  4503: ['unavailable', 'The voice service cannot be reached.', `${SAFE} You can go on typing meanwhile.`, true],
}

/** A call that was refused before there was a socket, or could not reach the service. */
export function problemTrouble({ status, code, happened, remedy, retryable }: Problem): Trouble {
  const whomToAsk = status === 403 ? ' Ask the administrator of your organisation, or whoever runs Engram, for one of these roles.' : ''
  return { code, happened, remedy: remedy ? remedy + whomToAsk : SAFE, retryable }
}

/**
 * Say why the socket closed. `told` is the last `error` that the service sent before it: it knows more than a close code.
 */
export function closeTrouble(code: number, told: Trouble | null): Trouble {
  const known = CLOSED[code]
  if (!known) {
    return told ?? { code: `closed_${code}`, happened: 'The connection was lost.', remedy: SAFE, retryable: true }
  }
  const [name, happened, remedy, retryable] = known
  // Whether the sign-in can be renewed is not the socket's to know.
  if (told && code === 4401) return { ...told, remedy: told.remedy || remedy, retryable }
  // At a rate limit, calling again by itself would only make it worse.
  if (told) return { ...told, remedy: told.remedy || remedy, retryable: retryable && told.retryable && !told.code.includes('rate_limited') }
  return { code: name, happened, remedy, retryable }
}
