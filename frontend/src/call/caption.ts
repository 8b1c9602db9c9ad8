/** Who is speaking, in words: the line above the trace. */
import type { Call, Queue } from './machine'

export interface Caption {
  /** The part in colour. */
  readonly lead: string
  /** What one can do. */
  readonly hint: string
  /** Whether `lead` is about the assistant and takes the assistant's colour. */
  readonly theirs: boolean
}

export function captionOf(call: Call, agentName: string): Caption {
  const { phase } = call
  switch (phase.name) {
    case 'microphone':
      return { lead: 'Waiting for your microphone', hint: 'your browser may ask you to allow it', theirs: false }
    case 'connecting':
      if (phase.queue) return inQueue(phase.queue)
      return call.away ? reconnecting(call, agentName) : { lead: `Calling ${agentName}…`, hint: '', theirs: true }
    case 'lost':
      return phase.retryInMs === null ? { lead: 'No connection', hint: '', theirs: false } : reconnecting(call, agentName)
    case 'live': {
      if (call.sounding) return { lead: `${agentName} is speaking`, hint: call.muted ? 'you are muted' : 'talk any time to come in', theirs: true }
      if (phase.activity === 'reconnecting') return { lead: 'Reconnecting to the voice service', hint: 'what was said is kept', theirs: false }
      if (phase.activity === 'thinking') return { lead: `${agentName} is thinking`, hint: '', theirs: true }
      if (call.muted) return { lead: 'You are muted', hint: `${agentName} does not hear you`, theirs: false }
      if (phase.activity === 'listening') return { lead: 'You are speaking', hint: `${agentName} is listening`, theirs: false }
      return { lead: `${agentName} is listening`, hint: 'just talk', theirs: true }
    }
    default:
      return { lead: '', hint: '', theirs: false }
  }
}

function inQueue({ place, seconds }: Queue): Caption {
  const before = place === 1 ? 'you are next' : place === 2 ? 'one call before you' : `${place - 1} calls before you`
  return { lead: 'Waiting for a free line', hint: `${before}, about ${seconds} s`, theirs: false }
}

function reconnecting(call: Call, agentName: string): Caption {
  const hint = call.sounding ? `you hear what ${agentName} said so far` : 'your words are kept for three seconds'
  return { lead: 'Reconnecting', hint: call.away === 'long' ? 'trying again by itself' : hint, theirs: false }
}
