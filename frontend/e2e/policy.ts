/** Serves the page under the Content-Security-Policy of the static web app: it is the strictest that the page must live with. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'

/** Put the policy on every document; returns the browser's complaints about it, which grow as they come. */
export async function underShippedPolicy(page: Page): Promise<string[]> {
  const file = join(import.meta.dirname, '../dist/staticwebapp.config.json')
  const { globalHeaders } = JSON.parse(readFileSync(file, 'utf8')) as { globalHeaders: Record<string, string> }
  const policy = globalHeaders['Content-Security-Policy'] ?? ''
  await page.route('**/*', async (route) => {
    if (route.request().resourceType() !== 'document') return route.fallback()
    const response = await route.fetch()
    return route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } })
  })
  const complaints: string[] = []
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) complaints.push(message.text())
  })
  return complaints
}
