/** Development tokens (SOP, section 3.3): typed in, kept in sessionStorage, so that they live as long as the tab. */
import { ownTab } from './sessionId'
import { StandingStore, type Person, type SignInWay, type Standing } from './standing'
import { readSession, writeSession } from './storage'

const KEY = 'engram_token'
/** The role stands behind the last underscore; a user's id may hold others. */
const DEV_TOKEN = /^dev_([A-Za-z0-9][A-Za-z0-9._-]{0,63})_([a-z]{1,32})$/

/** Whom a development token names, or null when it is not one. */
export function personOf(token: string | null): Person | null {
  const match = DEV_TOKEN.exec(token ?? '')
  const [id, user, role] = match ?? []
  if (!id || !user || !role) return null
  const name = user.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return { id, name: name.join(' '), detail: role, mayChange: role !== 'viewer' }
}

export class DevTokens implements SignInWay {
  private readonly store: StandingStore

  constructor() {
    this.store = new StandingStore(standingOf(personOf(readSession(KEY))))
  }

  get standing(): Standing {
    return this.store.standing
  }

  subscribe = (listener: () => void): (() => void) => this.store.subscribe(listener)

  async token(): Promise<string | null> {
    return readSession(KEY)
  }

  async signIn(credential = ''): Promise<void> {
    const person = personOf(credential)
    if (person) writeSession(KEY, credential)
    this.store.set(person ? standingOf(person) : { name: 'out', trouble: 'That is not a development token. It has the form dev_<name>_<role>.' })
  }

  async signOut(): Promise<void> {
    writeSession(KEY, null)
    this.store.set({ name: 'out', trouble: null })
  }

  async stepUp(): Promise<boolean> {
    writeSession(KEY, null)
    this.store.set({ name: 'out', trouble: 'The service did not accept your token. Sign in again.' })
    return false
  }
}

function standingOf(person: Person | null): Standing {
  if (!person) return { name: 'out', trouble: null }
  ownTab(person.id)
  return { name: 'in', who: person }
}
