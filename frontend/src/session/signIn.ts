/**
 * Who is at the page, and the token that proves it to the service: sent as a bearer header over HTTP, exchanged for a ticket
 * for the voice WebSocket, never in an address. The service says by which of three ways one signs in here.
 */
import { useSyncExternalStore } from 'react'
import type { Config } from '../api/types'
import { DevTokens } from './devTokens'
import { Entra, type EntraApp } from './entra'
import type { Person, SignInWay, Standing } from './standing'

const NOBODY: Standing = { name: 'in', who: null }

/** Nobody signs in. */
const OPEN: SignInWay = {
  standing: NOBODY,
  subscribe: () => () => undefined,
  token: async () => null,
  signIn: async () => undefined,
  signOut: async () => undefined,
  stepUp: async () => false,
}

let way: SignInWay = OPEN
let authorities: { readonly key: string; readonly entra: Entra } | null = null

/** The way of signing in that is used here. */
export function signInWay(): SignInWay {
  return way
}

/** Use the way that the service names. Asked twice for the same authority it goes on with what it has. */
export function openSignIn({ auth_mode, entra }: Pick<Config, 'auth_mode' | 'entra'>): SignInWay {
  if (entra) way = entraOf(entra)
  else way = auth_mode === 'dev_tokens' ? new DevTokens() : OPEN
  return way
}

function entraOf(app: EntraApp): Entra {
  const key = JSON.stringify(app)
  if (authorities?.key !== key) {
    const entra = new Entra(app, async () => (await import('./msal')).openMsal(app))
    authorities = { key, entra }
    void entra.open()
  }
  return authorities.entra
}

/** How the person stands, as React state. */
export function useStanding(): Standing {
  return useSyncExternalStore(
    (listener) => way.subscribe(listener),
    () => way.standing,
  )
}

/** The person at the page, or null where nobody signs in or nobody is there. */
export function usePerson(): Person | null {
  const standing = useStanding()
  return standing.name === 'in' || standing.name === 'lapsed' ? standing.who : null
}

/** Under what the page keeps what it has read: one person's things are not another's. */
export function useWho(): string | null {
  return usePerson()?.id ?? null
}

/** Whether to offer changes. Only a read-only person may not; the service has the last word. */
export function useMayChange(): boolean {
  return usePerson()?.mayChange ?? true
}
