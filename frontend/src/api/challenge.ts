/** What a 401 asks for beyond a token: the claims challenge of its WWW-Authenticate header (RFC 9470 and Entra ID). */

/** The claims (JSON) that the next token must hold; null where the header names none that can be read. */
export function claimsOf(header: string | null): string | null {
  const [, encoded] = /(?:^|[\s,])claims="([A-Za-z0-9+/_=-]+)"/.exec(header ?? '') ?? []
  if (encoded === undefined) return null
  try {
    const bytes = Uint8Array.from(atob(encoded.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const claims: unknown = JSON.parse(text)
    return typeof claims === 'object' && claims !== null ? text : null
  } catch {
    return null
  }
}
