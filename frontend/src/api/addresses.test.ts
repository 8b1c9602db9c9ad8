import { describe, expect, test } from 'vitest'
import { withConnectSources } from '../../build/connectSrc'
import { addressesFrom, voiceSubprotocols, voiceUrl } from './addresses'

describe('addresses', () => {
  test('are the page’s own origin unless the build says otherwise', () => {
    expect(addressesFrom({}, 'http://localhost:8082')).toEqual({ api: 'http://localhost:8082', ws: 'ws://localhost:8082' })
    expect(addressesFrom({ VITE_API_URL: '', VITE_WS_URL: '' }, 'https://e.org')).toEqual({ api: 'https://e.org', ws: 'wss://e.org' })
  })

  test('turn https into wss and http into ws, once', () => {
    expect(addressesFrom({ VITE_API_URL: 'https://api.e.org/', VITE_WS_URL: 'https://ws.e.org' }, 'x')).toEqual({ api: 'https://api.e.org', ws: 'wss://ws.e.org' })
    expect(addressesFrom({ VITE_WS_URL: 'wss://ws.e.org/' }, 'http://p').ws).toBe('wss://ws.e.org')
    expect(addressesFrom({ VITE_API_URL: 'http://api.e.org' }, 'https://p').ws).toBe('ws://api.e.org')
  })

  test('of a call name session and assistant, and never carry a token', () => {
    expect(voiceUrl('s-1', 'marcus', 'wss://e.org')).toBe('wss://e.org/api/v1/voice/voicelive/s-1?agent_id=marcus&resumable=true')
    expect(voiceUrl('a/b?', 'x&y', 'wss://e.org')).toBe('wss://e.org/api/v1/voice/voicelive/a%2Fb%3F?agent_id=x%26y&resumable=true')
  })

  test('of a call offer the token as a subprotocol beside our own', () => {
    expect(voiceSubprotocols(null)).toEqual(['engram.v1'])
    expect(voiceSubprotocols('t1')).toEqual(['engram.v1', 'ticket.t1'])
  })
})

describe('the deployed policy', () => {
  const POLICY = "default-src 'none'; connect-src 'self'; font-src 'self'"

  test('stays as it is for a build on one origin', () => {
    expect(withConnectSources(POLICY, ['', ''])).toBe(POLICY)
  })

  test('gains exactly the origins of the build, without paths', () => {
    expect(withConnectSources(POLICY, ['https://api.e.org/x', 'https://api.e.org'])).toBe("default-src 'none'; connect-src 'self' https://api.e.org wss://api.e.org; font-src 'self'")
  })

  test('gains the authority alone where people sign in, for HTTP only', () => {
    expect(withConnectSources(POLICY, [''], 'https://login.microsoftonline.com/tenant')).toBe("default-src 'none'; connect-src 'self' https://login.microsoftonline.com; font-src 'self'")
    expect(() => withConnectSources(POLICY, [], 'http://login.example.org')).toThrow('not an https address')
  })

  test('refuses an address that is none', () => {
    expect(() => withConnectSources(POLICY, ['javascript:alert(1)'])).toThrow('not an http or ws address')
    expect(() => withConnectSources(POLICY, ['api.e.org'])).toThrow('Invalid URL')
  })
})
