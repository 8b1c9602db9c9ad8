/**
 * Signing in with an account of the organisation (Entra ID): which token goes with a request, when it is renewed, and when
 * the person is needed. What the authority is asked, and how, is `msal.ts`; it is loaded only where it is needed.
 */
import { ProblemError, type Problem } from '../api/problems'
import { ownTab } from './sessionId'
import { StandingStore, type Lapse, type Person, type Refusal, type SignInWay, type Standing } from './standing'

/** What `GET /api/v1/config` says about the authority and about this page's registration with it. */
export interface EntraApp {
  readonly authority: string
  readonly client_id: string
  readonly scopes: readonly string[]
  /** The claims request that a token of this level must satisfy (JSON), or null. */
  readonly claims?: string | null
}

export interface Account {
  readonly id: string
  readonly name: string
  readonly username: string
}

export interface Grant {
  readonly account: Account
  readonly token: string
  /** ms since the epoch. */
  readonly expiresAt: number
}

/** What this file needs of an authority. */
export interface Authority {
  /** Complete a sign-in that has just come back to the page; otherwise the tab's account, if there is one. */
  open(): Promise<Account | null>
  /** A token without the person. `claims` or `fresh`: not from the cache. Raises NeedsPerson. */
  acquire(account: Account, wanted: { fresh: boolean; claims: string | null }): Promise<Grant>
  /** Leave for the sign-in page. */
  redirect(wanted: { claims: string | null; prompt: 'login' | 'select_account' | null; account: Account | null }): Promise<void>
  /** End the sign-in here and at the authority, and leave for its page. */
  leave(account: Account): Promise<void>
}

/** The authority gives no token without the person. `claims`: what they must prove, where that is the reason. */
export class NeedsPerson extends Error {
  readonly claims: string | null

  constructor(claims: string | null = null) {
    super('the authority needs the person')
    this.claims = claims
  }
}

/** The authority says no to a sign-in; the message is its reason. */
export class SignInRefused extends Error {}

/** How long an answer of the authority may take. */
export const AUTHORITY_TIMEOUT_MS = 20_000
/** A token is renewed this long before it ends, or when a quarter of its time is left, whichever is later. */
const RENEW_BEFORE_MS = 300_000

export class Entra implements SignInWay {
  private readonly store = new StandingStore({ name: 'opening' })
  private readonly load: () => Promise<Authority>
  private readonly app: EntraApp
  private opening: Promise<void> | null = null
  private authority: Authority | null = null
  private account: Account | null = null
  private held: (Grant & { readonly renewAt: number }) | null = null
  private renewal: Promise<Grant> | null = null
  /** What the last challenge asked for. */
  private claims: string | null = null

  constructor(app: EntraApp, load: () => Promise<Authority>) {
    this.app = app
    this.load = load
  }

  get standing(): Standing {
    return this.store.standing
  }

  subscribe = (listener: () => void): (() => void) => this.store.subscribe(listener)

  /** Learn who is there; does so once. */
  open(): Promise<void> {
    return (this.opening ??= this.learn())
  }

  async token(): Promise<string | null> {
    await this.open()
    if (this.standing.name === 'lapsed') throw new ProblemError(lapsed(this.standing.why))
    if (this.account === null) return null
    const { held } = this
    if (held && Date.now() < held.renewAt) return held.token
    try {
      // A new token holds what it is asked for only; one of the cache has been accepted before.
      return (await this.renew(held === null ? { fresh: false, claims: null } : { fresh: true, claims: this.wantedClaims })).token
    } catch (error) {
      if (error instanceof NeedsPerson) throw new ProblemError(this.lapse(error.claims === null ? 'expired' : 'stepUp', error.claims))
      // It is renewed before it ends: until then an authority that does not answer is no trouble.
      if (held && Date.now() < held.expiresAt) return held.token
      throw new ProblemError(authorityUnreachable())
    }
  }

  async stepUp({ token, code, claims, again }: Refusal): Promise<boolean> {
    if (this.standing.name !== 'in' || this.account === null) return false
    if (this.held !== null && this.held.token !== token) return !again
    const why: Lapse = code === 'session_expired' ? 'sessionOver' : claims !== null ? 'stepUp' : again ? 'notAccepted' : 'expired'
    // A renewed token tells of the same sign-in: only the person can begin another.
    if (again || why === 'sessionOver') {
      this.lapse(why, claims)
      return false
    }
    try {
      await this.renew({ fresh: true, claims: claims ?? this.wantedClaims })
    } catch (error) {
      if (!(error instanceof NeedsPerson)) throw new ProblemError(authorityUnreachable())
      this.lapse(error.claims === null ? why : 'stepUp', error.claims ?? claims)
      return false
    }
    this.claims = claims ?? this.claims
    return true
  }

  async signIn(): Promise<void> {
    const { standing } = this
    const why = standing.name === 'lapsed' ? standing.why : null
    const prompt = why === 'sessionOver' ? 'login' : why === 'notAccepted' ? 'select_account' : null
    const account = prompt === 'select_account' ? null : this.account
    try {
      this.authority ??= await this.load()
      await inTime(this.authority.redirect({ claims: this.wantedClaims, prompt, account }))
    } catch {
      throw new ProblemError(authorityUnreachable())
    }
  }

  async signOut(): Promise<void> {
    const { account, authority } = this
    this.account = null
    this.held = null
    this.store.set({ name: 'out', trouble: null })
    if (account && authority) await inTime(authority.leave(account)).catch(() => undefined)
  }

  private async learn(): Promise<void> {
    try {
      this.authority = await this.load()
      this.account = await inTime(this.authority.open())
      if (this.account) {
        ownTab(this.account.id)
        this.store.set({ name: 'in', who: personOf(this.account) })
      } else this.store.set({ name: 'out', trouble: null })
    } catch (error) {
      const { happened, remedy } = authorityUnreachable()
      this.store.set({ name: 'out', trouble: error instanceof SignInRefused ? error.message : `${happened} ${remedy}` })
    }
  }

  /** Requests that need a token at the same time share one renewal. */
  private renew(wanted: { fresh: boolean; claims: string | null }): Promise<Grant> {
    const { authority, account } = this
    if (authority === null || account === null) return Promise.reject(new NeedsPerson())
    const renewal = (this.renewal ??= inTime(authority.acquire(account, wanted))
      .then((grant) => {
        const now = Date.now()
        this.held = { ...grant, renewAt: grant.expiresAt - Math.min(RENEW_BEFORE_MS, (grant.expiresAt - now) / 4) }
        return grant
      })
      .finally(() => {
        this.renewal = null
      }))
    return renewal
  }

  /** What the last challenge asked for, or what the level asks for anyway. */
  private get wantedClaims(): string | null {
    return this.claims ?? this.app.claims ?? null
  }

  private lapse(why: Lapse, claims: string | null): Problem {
    this.claims = claims ?? this.claims
    if (this.account && this.standing.name === 'in') {
      this.held = null
      this.store.set({ name: 'lapsed', who: personOf(this.account), why })
    }
    return lapsed(why)
  }
}

function personOf({ id, name, username }: Account): Person {
  return { id, name: name || username, detail: username, mayChange: true }
}

async function inTime<T>(asked: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the authority did not answer')), AUTHORITY_TIMEOUT_MS)
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

/** In plain words, for the place where the person is asked to sign in again. */
export const LAPSE_WORDS: Record<Lapse, { readonly happened: string; readonly remedy: string; readonly button: string }> = {
  expired: { happened: 'Your sign-in has ended.', remedy: 'Sign in again to go on.', button: 'Sign in again' },
  stepUp: { happened: 'Your organisation asks for a further proof that it is you.', remedy: 'It may be a code, or a tap on your phone.', button: 'Prove it is you' },
  sessionOver: { happened: 'You have been signed in for as long as is allowed.', remedy: 'Sign in again to go on.', button: 'Sign in again' },
  notAccepted: { happened: 'The service does not accept your account.', remedy: 'Choose another account, or ask whoever runs Engram.', button: 'Choose an account' },
}

function lapsed(why: Lapse): Problem {
  const { happened, remedy } = LAPSE_WORDS[why]
  return { status: 401, code: 'signed_out', happened, remedy, retryable: false, retryAfter: null, requestId: null }
}

function authorityUnreachable(): Problem {
  return {
    status: 0,
    code: 'authority_unreachable',
    happened: 'The sign-in service could not be reached.',
    remedy: 'Check your connection, then try again.',
    retryable: true,
    retryAfter: null,
    requestId: null,
  }
}
