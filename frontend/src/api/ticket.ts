/** The way into the voice WebSocket: a ticket for one connection, since a browser can send no header there. */
import { signInWay } from '../session/signIn'
import { sendJson } from './client'

/** A ticket for a call in this session, to be used at once; null where nobody signs in. Raises ProblemError. */
export async function voiceTicket(sessionId: string): Promise<string | null> {
  const { standing } = signInWay()
  if (standing.name === 'in' && standing.who === null) return null
  return (await sendJson<{ ticket: string }>('POST', '/api/v1/voice/ticket', { session_id: sessionId })).ticket
}
