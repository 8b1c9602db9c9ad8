/** The page as a person sees it: the few things that every test does. */
import { expect, type Locator, type Page } from '@playwright/test'

export class Desk {
  readonly page: Page
  readonly field: Locator
  readonly column: Locator
  readonly caption: Locator

  constructor(page: Page) {
    this.page = page
    this.field = page.getByRole('textbox', { name: /Your message|Type instead of speaking/ })
    this.column = page.getByRole('region', { name: 'Conversation', exact: true })
    this.caption = page.locator('[data-caption]')
  }

  async open(path = '/'): Promise<this> {
    await this.page.goto(path)
    await expect(this.field).toBeVisible()
    return this
  }

  /** Open the page of a service that asks for development tokens. */
  async signIn(token: string): Promise<this> {
    await this.page.goto('/')
    await this.page.getByLabel('Development token').fill(token)
    await this.page.keyboard.press('Enter')
    await expect(this.field).toBeVisible()
    return this
  }

  /** What they know about the person, beside the column. */
  get facts(): Locator {
    return this.page.getByRole('complementary').getByRole('region', { name: 'What they know about you' })
  }

  /** One of the facts, by its words. */
  fact(words: string | RegExp): Locator {
    return this.facts.getByRole('listitem').filter({ hasText: words })
  }

  /** What was recalled for an answer, beside the column. */
  get recalled(): Locator {
    return this.page.getByRole('complementary').getByRole('region', { name: 'Recalled for this answer' })
  }

  /** Begin another conversation. */
  async startAnew(): Promise<void> {
    await this.page.getByRole('button', { name: 'New conversation' }).click()
    await expect(this.theirs).toHaveCount(0)
  }

  /** What the person said or typed, in order. */
  get yours(): Locator {
    return this.column.locator('[data-turn=user]')
  }

  /** What the assistants said, in order. */
  get theirs(): Locator {
    return this.column.locator('[data-turn=assistant]')
  }

  async send(words: string): Promise<void> {
    await this.field.fill(words)
    await this.field.press('Enter')
  }

  /** Send it and wait for the whole answer: it can be asked about once the service has stored it. */
  async say(words: string, within: { timeout?: number } = {}): Promise<void> {
    const before = await this.theirs.count()
    await this.send(words)
    await expect(this.theirs).toHaveCount(before + 1)
    await expect(this.theirs.last().getByRole('button', { name: 'Why this answer' })).toBeVisible(within)
  }

  agent(name: string): Locator {
    return this.page.getByRole('radio', { name })
  }

  async call(): Promise<void> {
    await this.page.getByRole('button', { name: /^Call (Elena|Marcus)$/ }).click()
    await expect(this.page.locator('[data-call=live]')).toBeVisible({ timeout: 30_000 })
  }

  async hangUp(): Promise<void> {
    await this.page.getByRole('button', { name: 'End call' }).click()
    await expect(this.page.locator('[data-call=live]')).toHaveCount(0)
  }

  sessionId(): Promise<string> {
    return this.page.evaluate(() => sessionStorage.getItem('engram_session_id') ?? '')
  }

  /** The stored turns of this tab's conversation. */
  async stored(): Promise<{ role: string; content: string; unheard: string | null; channel: string; interrupted: boolean; agent_id: string }[]> {
    const answer = await this.page.request.get(`/api/v1/memory/episodes/${await this.sessionId()}`)
    return answer.ok() ? (await answer.json()).transcript : []
  }
}
