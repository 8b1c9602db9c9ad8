/** The static web app answers deep links with the page: its own rules, as shipped, applied to our addresses. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

interface Config {
  navigationFallback: { rewrite: string; exclude: string[] }
}

const { navigationFallback } = JSON.parse(readFileSync(join(import.meta.dirname, '../public/staticwebapp.config.json'), 'utf8')) as Config

/** Azure's wildcards: `*` at the end of a path or before a list of file endings in braces. */
function matches(pattern: string, path: string): boolean {
  const escaped = pattern.replace(/[.+?^$()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')
  return new RegExp(`^${escaped.replace(/\{([^}]*)\}/g, (_, endings: string) => `(${endings.replaceAll(',', '|')})`)}$`).test(path)
}

const falls = (path: string) => !navigationFallback.exclude.some((pattern) => matches(pattern, path))

describe('the static web app', () => {
  it('answers deep links with the page', () => {
    expect(navigationFallback.rewrite).toBe('/index.html')
    expect(['/voice', '/voice/', '/memory', '/some/deep/link'].filter((path) => !falls(path))).toEqual([])
  })

  it('answers 404 for a file that is not there', () => {
    expect(['/assets/index-1a2b.js', '/assets/a/b', '/theme.js', '/favicon.svg'].filter(falls)).toEqual([])
  })
})
