/**
 * Where the service is. Both addresses are set when the UI is built and default to the page's own origin:
 * VITE_API_URL for HTTP, VITE_WS_URL for the voice WebSocket (an https address becomes wss, http becomes ws).
 */

export interface Addresses {
  readonly api: string
  readonly ws: string
}

/** Work out both addresses; a trailing slash or a path prefix is kept as a prefix. */
export function addressesFrom(env: { VITE_API_URL?: string; VITE_WS_URL?: string }, pageOrigin: string): Addresses {
  const api = (env.VITE_API_URL || pageOrigin).replace(/\/+$/, '')
  const ws = (env.VITE_WS_URL || api).replace(/\/+$/, '').replace(/^http/i, 'ws')
  return { api, ws }
}

const addresses = addressesFrom(import.meta.env, window.location.origin)

/** The full address of an API path such as `/api/v1/chat`. */
export function apiUrl(path: string): string {
  return addresses.api + path
}

/** The voice WebSocket of a session, for a call that says `hello` first. No token goes into it: addresses end up in logs. */
export function voiceUrl(sessionId: string, agentId: string, base: string = addresses.ws): string {
  return `${base}/api/v1/voice/voicelive/${encodeURIComponent(sessionId)}?agent_id=${encodeURIComponent(agentId)}&resumable=true`
}

/** The subprotocols to offer: ours, and the caller's ticket where one is needed (a browser cannot send a header here). */
export function voiceSubprotocols(ticket: string | null): string[] {
  return ticket === null ? ['engram.v1'] : ['engram.v1', `ticket.${ticket}`]
}
