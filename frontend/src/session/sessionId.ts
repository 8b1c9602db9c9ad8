/**
 * The id of this tab's conversation, shared by chat and voice: sessionStorage `engram_session_id` (the SOP's key).
 *
 * Opening an earlier episode makes its id the tab's, so that talking goes on where it ended.
 */
import { useSyncExternalStore } from 'react'
import { keepDraft } from './draft'
import { readSession, writeSession } from './storage'

const KEY = 'engram_session_id'
const OWNER_KEY = 'engram_session_owner'
/** What the service accepts as a session id. */
const VALID = /^(?!\.+$)[A-Za-z0-9._-]{1,128}$/

const listeners = new Set<() => void>()

function create(): string {
  // randomUUID exists in secure contexts only; getRandomValues everywhere.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** This tab's session id; made on first use, and anew when what is stored could not be one. */
export function currentSessionId(): string {
  const stored = readSession(KEY)
  if (stored !== null && VALID.test(stored)) return stored
  const fresh = create()
  writeSession(KEY, fresh)
  return fresh
}

function change(id: string): void {
  writeSession(KEY, id)
  for (const listener of listeners) listener()
}

/** Begin a new conversation. */
export function startNewSession(): void {
  change(create())
}

/** Somebody is signed in here: another person's conversation, and what they had begun to write, is not theirs. */
export function ownTab(personId: string): void {
  const owner = readSession(OWNER_KEY)
  writeSession(OWNER_KEY, personId)
  if (owner === null || owner === personId) return
  startNewSession()
  keepDraft('')
}

/** Go on with an earlier one. */
export function openSession(id: string): void {
  if (VALID.test(id)) change(id)
}

/** The session id as React state. */
export function useSessionId(): string {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, currentSessionId)
}
