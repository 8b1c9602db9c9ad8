/** How the person at the page stands with the service, and what every way of signing in can do. */

export interface Person {
  /** Stable for this person and no other: what the page keeps of them is kept under it. */
  readonly id: string
  readonly name: string
  /** What tells two people of one name apart: their role, or their account's name. */
  readonly detail: string
  /** Whether the page offers to change anything; the service has the last word. */
  readonly mayChange: boolean
}

/** Why somebody who was signed in must come to the sign-in page again. */
export type Lapse =
  /** The sign-in can no longer be renewed without the person. */
  | 'expired'
  /** The service asks for a further proof (MFA). */
  | 'stepUp'
  /** The longest time between two sign-ins is over. */
  | 'sessionOver'
  /** The service does not accept the account's tokens. */
  | 'notAccepted'

export type Standing =
  /** It is not known yet: a sign-in is being completed. */
  | { readonly name: 'opening' }
  /** `trouble`: what went wrong, where something did. */
  | { readonly name: 'out'; readonly trouble: string | null }
  /** `who` is null where nobody signs in. */
  | { readonly name: 'in'; readonly who: Person | null }
  | { readonly name: 'lapsed'; readonly who: Person; readonly why: Lapse }

/** A 401 of the service. */
export interface Refusal {
  /** The token that was refused. */
  readonly token: string | null
  /** The problem's code. */
  readonly code: string
  /** The claims that a better token must hold (JSON, for the authority), where the service names some. */
  readonly claims: string | null
  /** The same request was refused before, and this token is the better one. */
  readonly again: boolean
}

export interface SignInWay {
  /** The same object until something changes. */
  readonly standing: Standing
  subscribe(listener: () => void): () => void
  /** The token for the next request, renewed where it is due; null where none is needed or nobody is there. */
  token(): Promise<string | null>
  /** Let the person sign in: as whom the credential says, or at the authority, to which the page then leaves. */
  signIn(credential?: string): Promise<void>
  signOut(): Promise<void>
  /** Try to get a better token without the person. Answers whether the refused request is worth repeating. */
  stepUp(refusal: Refusal): Promise<boolean>
}

/** Tells its listeners about a standing that changes. */
export class StandingStore {
  private current: Standing
  private readonly listeners = new Set<() => void>()

  constructor(first: Standing) {
    this.current = first
  }

  get standing(): Standing {
    return this.current
  }

  set(standing: Standing): void {
    this.current = standing
    for (const listener of this.listeners) listener()
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}
