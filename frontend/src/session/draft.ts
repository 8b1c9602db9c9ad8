/** Words that wait in the tab while the person is away at the sign-in page. */
import { readSession, writeSession } from './storage'

const KEY = 'engram_draft'

export function keepDraft(words: string): void {
  writeSession(KEY, words || null)
}

export function keptDraft(): string {
  return readSession(KEY) ?? ''
}
