/**
 * The caller's token, where the level asks for one. Kept in sessionStorage: it lives as long as the tab and is sent as a
 * bearer header over HTTP and as a subprotocol of the voice WebSocket, never in an address.
 */
import { useSyncExternalStore } from 'react'
import { readSession, writeSession } from './storage'

const KEY = 'engram_token'
/** The development tokens of the SOP, section 3.3. */
const DEV_TOKEN = /^dev_([A-Za-z0-9][A-Za-z0-9.-]{0,63})_([a-z]{1,32})$/

const listeners = new Set<() => void>()

export function currentToken(): string | null {
  return readSession(KEY)
}

/** Keep a token, or sign out with null. */
export function setToken(token: string | null): void {
  writeSession(KEY, token)
  for (const listener of listeners) listener()
}

/** The token as React state. */
export function useToken(): string | null {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, currentToken)
}

export interface Person {
  readonly name: string
  readonly role: string
}

/** Whom a development token names, or null when it is not one. */
export function personOf(token: string | null): Person | null {
  const match = DEV_TOKEN.exec(token ?? '')
  const [, user, role] = match ?? []
  return user && role ? { name: user.charAt(0).toUpperCase() + user.slice(1), role } : null
}

/** Whether the person may change anything. Only a viewer may not; the service has the last word. */
export function useMayChange(): boolean {
  return personOf(useToken())?.role !== 'viewer'
}
