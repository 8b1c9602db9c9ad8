/** Serves the page under the Content-Security-Policy of the static web app: it is the strictest that the page must live with. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { withConnectSources } from '../build/connectSrc'

/**
 * Put the policy on every document of ours; returns the browser's complaints about it, which grow as they come. `authority`:
 * the origin where people sign in, as a build for it would name it.
 */
export async function underShippedPolicy(page: Page, authority = ''): Promise<string[]> {
  const file = join(import.meta.dirname, '../dist/staticwebapp.config.json')
  const { globalHeaders } = JSON.parse(readFileSync(file, 'utf8')) as { globalHeaders: Record<string, string> }
  const policy = withConnectSources(globalHeaders['Content-Security-Policy'] ?? '', [], authority)
  await page.route('**/*', async (route) => {
    if (route.request().resourceType() !== 'document' || (authority && route.request().url().startsWith(authority))) return route.fallback()
    const response = await route.fetch()
    return route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } })
  })
  const complaints: string[] = []
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) complaints.push(message.text())
  })
  return complaints
}
