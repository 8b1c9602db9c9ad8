import { describe, expect, test } from 'vitest'
import { currentSessionId, openSession, startNewSession } from './sessionId'
import { currentToken, personOf, setToken } from './signIn'

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

describe('the development token', () => {
  test('is kept in the tab only', () => {
    setToken('dev_alice_analyst')
    expect(currentToken()).toBe('dev_alice_analyst')
    expect(localStorage.length).toBe(0)
    setToken(null)
    expect(currentToken()).toBeNull()
    expect(sessionStorage.getItem('engram_token')).toBeNull()
  })

  test('names a person and a role', () => {
    expect(personOf('dev_alice_analyst')).toEqual({ name: 'Alice', role: 'analyst' })
    expect(personOf('dev_a.b-c_admin')).toEqual({ name: 'A.b-c', role: 'admin' })
  })

  test.each(['dev_alice', 'alice_admin', 'dev__admin', 'dev_alice_Admin', '', null])('is not one of another form: %j', (token) => {
    expect(personOf(token)).toBeNull()
  })
})
