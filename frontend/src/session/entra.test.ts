import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AUTHORITY_TIMEOUT_MS, Entra, NeedsPerson, SignInRefused, type Account, type Authority, type Grant } from './entra'

const APP = { authority: 'https://login.example.org/t', client_id: 'c', scopes: ['api://engram/access'], claims: null }
const ALICE: Account = { id: 'oid.tid', name: 'Alice Example', username: 'alice@example.org' }
const MFA = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
const HOUR = 3_600_000

/** An authority that says what a test wants it to say, and remembers what it was asked. */
class FakeAuthority implements Authority {
  readonly asked: { fresh: boolean; claims: string | null }[] = []
  readonly left: unknown[] = []
  account: Account | null = ALICE
  lifetime = HOUR
  failure: Error | null = null
  opening: Error | null = null

  async open() {
    if (this.opening) throw this.opening
    return this.account
  }
  async acquire(account: Account, wanted: { fresh: boolean; claims: string | null }): Promise<Grant> {
    this.asked.push(wanted)
    if (this.failure) throw this.failure
    return { account, token: `token-${this.asked.length}`, expiresAt: Date.now() + this.lifetime }
  }
  async redirect(wanted: unknown) {
    this.left.push(wanted)
  }
  async leave(account: Account) {
    this.left.push(account)
  }
}

describe('signing in with Entra ID', () => {
  let authority: FakeAuthority
  let entra: Entra

  beforeEach(() => {
    vi.useFakeTimers()
    authority = new FakeAuthority()
    entra = new Entra(APP, async () => authority)
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  const refused = (more: object = {}) => entra.token().then((token) => entra.stepUp({ token, code: 'invalid_token', claims: null, again: false, ...more }))

  test('knows the tab’s account, by an id that is not its address', async () => {
    expect(entra.standing.name).toBe('opening')
    await entra.open()
    expect(entra.standing).toEqual({ name: 'in', who: { id: 'oid.tid', name: 'Alice Example', detail: 'alice@example.org', mayChange: true } })
  })

  test('says that nobody is there, and asks nothing for them', async () => {
    authority.account = null
    expect(await entra.token()).toBeNull()
    expect(entra.standing).toEqual({ name: 'out', trouble: null })
    expect(authority.asked).toEqual([])
  })

  test('says why the authority refused a sign-in', async () => {
    authority.opening = new SignInRefused('The sign-in was cancelled.')
    await entra.open()
    expect(entra.standing).toEqual({ name: 'out', trouble: 'The sign-in was cancelled.' })
  })

  test('says when the authority cannot be reached', async () => {
    authority.opening = new TypeError('Failed to fetch')
    await entra.open()
    expect(entra.standing).toMatchObject({ name: 'out', trouble: expect.stringContaining('could not be reached') })
  })

  test('waits only so long for an authority that does not answer', async () => {
    authority.open = () => new Promise(() => undefined)
    void entra.open()
    await vi.advanceTimersByTimeAsync(AUTHORITY_TIMEOUT_MS)
    expect(entra.standing.name).toBe('out')
  })

  describe('a token', () => {
    test('is asked for once and kept until shortly before its end, then renewed', async () => {
      expect(await entra.token()).toBe('token-1')
      vi.setSystemTime(Date.now() + HOUR - 301_000)
      expect(await entra.token()).toBe('token-1')
      vi.setSystemTime(Date.now() + 2_000)
      expect(await entra.token()).toBe('token-2')
      expect(authority.asked).toEqual([
        { fresh: false, claims: null },
        { fresh: true, claims: null },
      ])
    })

    test('of a short life is renewed when a quarter of it is left', async () => {
      authority.lifetime = 20_000
      await entra.token()
      vi.setSystemTime(Date.now() + 14_000)
      expect(await entra.token()).toBe('token-1')
      vi.setSystemTime(Date.now() + 2_000)
      expect(await entra.token()).toBe('token-2')
    })

    test('is renewed once for all requests that need it at the same time', async () => {
      expect(await Promise.all([entra.token(), entra.token(), entra.token()])).toEqual(['token-1', 'token-1', 'token-1'])
      expect(authority.asked).toHaveLength(1)
    })

    test('is renewed with the claims that the level asks for', async () => {
      entra = new Entra({ ...APP, claims: MFA }, async () => authority)
      await entra.token()
      vi.setSystemTime(Date.now() + HOUR)
      await entra.token()
      expect(authority.asked).toEqual([
        { fresh: false, claims: null },
        { fresh: true, claims: MFA },
      ])
    })

    test('for which the authority wants a further proof asks the person for that', async () => {
      await entra.token()
      authority.failure = new NeedsPerson(MFA)
      vi.setSystemTime(Date.now() + HOUR)
      await expect(entra.token()).rejects.toMatchObject({ problem: { code: 'signed_out' } })
      expect(entra.standing).toMatchObject({ name: 'lapsed', why: 'stepUp' })
      await entra.signIn()
      expect(authority.left).toEqual([{ claims: MFA, prompt: null, account: ALICE }])
    })

    test('serves until its end when the authority does not answer', async () => {
      await entra.token()
      authority.failure = new TypeError('Failed to fetch')
      vi.setSystemTime(Date.now() + HOUR - 60_000)
      expect(await entra.token()).toBe('token-1')
      vi.setSystemTime(Date.now() + 61_000)
      await expect(entra.token()).rejects.toMatchObject({ problem: { code: 'authority_unreachable', retryable: true } })
      expect(entra.standing.name).toBe('in')
    })

    test('that only the person can renew ends the sign-in without forgetting them', async () => {
      authority.failure = new NeedsPerson()
      await expect(entra.token()).rejects.toMatchObject({ problem: { code: 'signed_out', status: 401, retryable: false } })
      expect(entra.standing).toMatchObject({ name: 'lapsed', why: 'expired', who: { id: 'oid.tid' } })
      await expect(entra.token()).rejects.toMatchObject({ problem: { code: 'signed_out' } })
      expect(authority.asked).toHaveLength(1)
    })
  })

  describe('a refused request', () => {
    test('is worth repeating with a fresh token that holds the claims', async () => {
      expect(await refused({ claims: MFA })).toBe(true)
      expect(authority.asked.at(-1)).toEqual({ fresh: true, claims: MFA })
      expect(await entra.token()).toBe('token-2')
    })

    test('is worth repeating when the token was renewed meanwhile', async () => {
      await entra.token()
      expect(await entra.stepUp({ token: 'an older one', code: 'invalid_token', claims: null, again: false })).toBe(true)
      expect(authority.asked).toHaveLength(1)
    })

    test('asks the person for a further proof where the authority has none, and takes the claims there', async () => {
      await entra.token()
      authority.failure = new NeedsPerson()
      expect(await refused({ claims: MFA })).toBe(false)
      expect(entra.standing).toMatchObject({ name: 'lapsed', why: 'stepUp' })
      await entra.signIn()
      expect(authority.left).toEqual([{ claims: MFA, prompt: null, account: ALICE }])
    })

    test('asks the person when the better token is refused as well', async () => {
      expect(await refused({ claims: MFA, again: true })).toBe(false)
      expect(entra.standing).toMatchObject({ name: 'lapsed', why: 'stepUp' })
    })

    test('of an account that is never accepted lets the person choose another', async () => {
      expect(await refused()).toBe(true)
      expect(await refused({ again: true })).toBe(false)
      expect(entra.standing).toMatchObject({ name: 'lapsed', why: 'notAccepted' })
      await entra.signIn()
      expect(authority.left).toEqual([{ claims: null, prompt: 'select_account', account: null }])
    })

    test('after the longest session asks for the password, since a renewed token tells of the same sign-in', async () => {
      expect(await refused({ code: 'session_expired' })).toBe(false)
      expect(authority.asked).toHaveLength(1)
      expect(entra.standing).toMatchObject({ name: 'lapsed', why: 'sessionOver' })
      await entra.signIn()
      expect(authority.left).toEqual([{ claims: null, prompt: 'login', account: ALICE }])
    })

    test('leaves the sign-in as it is when the authority does not answer', async () => {
      await entra.token()
      authority.failure = new TypeError('Failed to fetch')
      await expect(refused()).rejects.toMatchObject({ problem: { code: 'authority_unreachable' } })
      expect(entra.standing.name).toBe('in')
    })
  })

  test('asks for what the level demands at the first sign-in already', async () => {
    authority.account = null
    entra = new Entra({ ...APP, claims: MFA }, async () => authority)
    await entra.open()
    await entra.signIn()
    expect(authority.left).toEqual([{ claims: MFA, prompt: null, account: null }])
  })

  test('says when the sign-in page cannot be reached', async () => {
    await entra.open()
    authority.redirect = () => Promise.reject(new TypeError('Failed to fetch'))
    await expect(entra.signIn()).rejects.toMatchObject({ problem: { code: 'authority_unreachable' } })
  })

  test('ends here and at the authority on signing out', async () => {
    await entra.token()
    await entra.signOut()
    expect(authority.left).toEqual([ALICE])
    expect(entra.standing).toEqual({ name: 'out', trouble: null })
    expect(await entra.token()).toBeNull()
  })
})
