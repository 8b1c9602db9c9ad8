import { describe, expect, test } from 'vitest'
import { DevTokens, personOf } from './devTokens'
import { keepDraft, keptDraft } from './draft'
import { currentSessionId, openSession, ownTab, startNewSession } from './sessionId'

describe('the session id', () => {
  test('is made once for the tab and kept under the agreed key', () => {
    const id = currentSessionId()
    expect(id).toMatch(/^web-[0-9a-f]{32}$/)
    expect(sessionStorage.getItem('engram_session_id')).toBe(id)
    expect(currentSessionId()).toBe(id)
  })

  test('is taken from the tab when there is one', () => {
    sessionStorage.setItem('engram_session_id', 'mine.1')
    expect(currentSessionId()).toBe('mine.1')
  })

  test.each(['..', 'a/b', '', 'x'.repeat(129), 'a\nb'])('is made anew when the stored one could not be one: %j', (bad) => {
    sessionStorage.setItem('engram_session_id', bad)
    expect(currentSessionId()).toMatch(/^web-/)
  })

  test('changes with a new conversation and with an opened one', () => {
    const first = currentSessionId()
    startNewSession()
    expect(currentSessionId()).not.toBe(first)
    openSession(first)
    expect(currentSessionId()).toBe(first)
    openSession('../other')
    expect(currentSessionId()).toBe(first)
  })
})

describe('a tab that another person takes over', () => {
  test('begins another conversation and forgets what was being written', () => {
    ownTab('alice')
    const hers = currentSessionId()
    keepDraft('A secret of Alice')
    ownTab('alice')
    expect(currentSessionId()).toBe(hers)
    expect(keptDraft()).toBe('A secret of Alice')
    ownTab('bob')
    expect(currentSessionId()).not.toBe(hers)
    expect(keptDraft()).toBe('')
  })
})

describe('signing in with a development token', () => {
  test('is kept in the tab only, and ends', async () => {
    const way = new DevTokens()
    expect(way.standing).toEqual({ name: 'out', trouble: null })
    await way.signIn('dev_alice_analyst')
    expect(await way.token()).toBe('dev_alice_analyst')
    expect(new DevTokens().standing).toMatchObject({ name: 'in', who: { name: 'Alice' } })
    expect(localStorage.length).toBe(0)
    await way.signOut()
    expect(await way.token()).toBeNull()
    expect(sessionStorage.getItem('engram_token')).toBeNull()
  })

  test('names a person and a role; the id may hold underscores', () => {
    expect(personOf('dev_alice_analyst')).toMatchObject({ name: 'Alice', detail: 'analyst', mayChange: true })
    expect(personOf('dev_a.b-c_admin')).toMatchObject({ name: 'A.b-c', detail: 'admin' })
    expect(personOf('dev_bob_the_builder_viewer')).toMatchObject({ name: 'Bob The Builder', detail: 'viewer', mayChange: false })
  })

  test.each(['dev_alice', 'alice_admin', 'dev__admin', 'dev_alice_Admin', '', null])('is not done with one of another form: %j', (token) => {
    expect(personOf(token)).toBeNull()
  })

  test('is asked for again when the service does not accept the token', async () => {
    const way = new DevTokens()
    await way.signIn('dev_alice_analyst')
    expect(await way.stepUp()).toBe(false)
    expect(way.standing).toMatchObject({ name: 'out', trouble: expect.stringContaining('did not accept') })
    expect(await way.token()).toBeNull()
  })
})
