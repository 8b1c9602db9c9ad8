import { describe, expect, test } from 'vitest'
import { claimsOf } from './challenge'

const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'

describe('a claims challenge', () => {
  test('is read from the header as it is sent', () => {
    expect(claimsOf(`Bearer realm="engram", error="insufficient_claims", claims="${btoa(CLAIMS)}"`)).toBe(CLAIMS)
  })

  test('is read in either alphabet, with and without padding', () => {
    const odd = '{"a":"?>~ÿ"}'
    const standard = btoa(String.fromCharCode(...new TextEncoder().encode(odd)))
    const urlSafe = standard.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
    expect(claimsOf(`Bearer claims="${standard}"`)).toBe(odd)
    expect(claimsOf(`Bearer claims="${urlSafe}"`)).toBe(odd)
  })

  test.each([null, '', 'Bearer realm="engram", error="invalid_token"', 'Bearer claims="%%"', 'Bearer claims="x"', `Bearer claims="${btoa('not json')}"`, `Bearer claims="${btoa('7')}"`, `Bearer other_claims="${btoa(CLAIMS)}"`])(
    'is none in %j',
    (header) => {
      expect(claimsOf(header)).toBeNull()
    },
  )
})
