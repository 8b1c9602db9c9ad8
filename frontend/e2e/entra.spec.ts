/** Real MSAL in a real browser against a certified authority, at the two levels where people sign in with their organisation's account. */
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test as base, type Page, type Response } from '@playwright/test'
import { Desk } from './desk'
import { authorityOrigin, originOf, type LevelName } from './levels'
import { underShippedPolicy } from './policy'
import { microphone, writeWav } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const UTTERANCE = writeWav('entra', [{ silence: 1.2 }, { speechLike: 1.2 }, { silence: 60 }])
const HOUR = 3_600_000

/** A person at the page and, where they are sent there, at the authority's. */
class Person {
  readonly page: Page
  readonly desk: Desk
  readonly username: string
  /** Every address that was asked for. */
  readonly addresses: string[] = []
  readonly complaints: string[] = []
  /** What the page asked the token endpoint for. */
  readonly grants: URLSearchParams[] = []
  readonly refusals: Response[] = []

  constructor(page: Page, name: string) {
    this.page = page
    this.desk = new Desk(page)
    this.username = `${name}@example.org`
    page.on('request', (request) => {
      this.addresses.push(request.url())
      if (new URL(request.url()).pathname.endsWith('/v2.0/token') && request.method() === 'POST') this.grants.push(new URLSearchParams(request.postData() ?? ''))
    })
    page.on('websocket', (socket) => this.addresses.push(socket.url()))
    page.on('console', (message) => /Content.Security.Policy/i.test(message.text()) && this.complaints.push(message.text()))
    page.on('response', (response) => response.status() === 401 && this.refusals.push(response))
  }

  get renewals(): URLSearchParams[] {
    return this.grants.filter((grant) => grant.get('grant_type') === 'refresh_token')
  }

  async open(level: LevelName, path = '/'): Promise<void> {
    await this.page.goto(originOf(level) + path)
    await this.page.getByRole('button', { name: 'Sign in with Microsoft' }).click()
  }

  async enterPassword(): Promise<void> {
    await this.page.getByLabel('User name').fill(this.username)
    await this.page.getByLabel('Password').fill('correct horse')
    await this.page.getByRole('button', { name: 'Next' }).click()
  }

  async approve(): Promise<void> {
    await this.page.getByRole('button', { name: 'Approve on your phone' }).click()
  }

  async signIn(level: LevelName, path = '/'): Promise<void> {
    await this.open(level, path)
    await this.enterPassword()
    if (level === 'production') await this.approve()
    await expect(this.desk.field).toBeVisible()
  }

  /** Let the page's clock run ahead until its token must be renewed. */
  async age(): Promise<void> {
    await this.page.clock.setSystemTime(Date.now() + HOUR)
  }

  /** Tell the authority something about this person. */
  async atAuthority(what: string): Promise<void> {
    await this.page.request.get(`${authorityOrigin()}/test/${what}username=${this.username}`)
  }
}

const test = base.extend<{ alice: Person; bea: Person; nora: Person }>({
  alice: ({ page }, give) => give(new Person(page, 'alice')),
  bea: ({ page }, give) => give(new Person(page, 'bea')),
  nora: ({ page }, give) => give(new Person(page, 'nora')),
})

test.use({
  launchOptions: {
    executablePath: CHROMIUM,
    // As in policy.voice.spec.ts: a page whose headers a test has changed may otherwise not connect to this machine.
    args: [...microphone(UTTERANCE), '--disable-features=LocalNetworkAccessChecks'],
  },
})

test.describe('at the UAT level', { tag: ['@chat', '@voice'] }, () => {
  test('one signs in at the authority, types, talks and signs out, and no token is in any address or left behind', async ({ alice }) => {
    const { desk, page } = alice
    await alice.signIn('uat')
    await expect(page.locator('[data-account]')).toHaveText('Signed in as Alice Example')
    await desk.say('My name is Alice')
    await desk.call()
    await expect(desk.theirs.last()).toContainText('You said: utterance 1.')
    await desk.hangUp()
    expect(alice.addresses.some((address) => address.startsWith('ws://'))).toBe(true)
    expect(alice.addresses.filter((address) => /eyJ[\w-]+\.eyJ/.test(address))).toEqual([])
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('eyJ')
    expect(alice.complaints).toEqual([])
    expect(alice.refusals).toEqual([])

    const session = await desk.sessionId()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await expect(page.getByRole('button', { name: 'Sign in with Microsoft' })).toBeVisible()
    await page.getByRole('button', { name: 'Sign in with Microsoft' }).click()
    await expect(page.getByLabel('Password')).toBeVisible()
    // The next person at this tab gets a conversation of their own.
    const bea = new Person(page, 'bea')
    await bea.enterPassword()
    await expect(page.locator('[data-account]')).toHaveText('Signed in as Bea Brief')
    await expect(desk.theirs).toHaveCount(0)
    expect(await desk.sessionId()).not.toBe(session)
  })

  test('a token of a short life is renewed before its end, and nobody notices', async ({ bea }) => {
    await bea.signIn('uat', '/voice')
    await expect(bea.page).toHaveURL(/\/voice$/)
    await bea.desk.say('Hello')
    const before = bea.renewals.length
    await expect(async () => {
      await bea.desk.say('Hello again')
      expect(bea.renewals.length).toBeGreaterThan(before)
    }).toPass({ timeout: 20_000 })
    expect(bea.refusals).toEqual([])
    await bea.page.reload()
    await expect(bea.desk.theirs.first()).toContainText('You said: Hello')
  })

  test('a call whose sign-in has run out goes on with another ticket', async ({ alice }) => {
    let sockets = 0
    await alice.page.routeWebSocket(/\/voice\/voicelive\//, (socket) => {
      sockets++
      const server = socket.connectToServer()
      socket.onMessage((message) => {
        if (typeof message === 'string' && message.includes('my token ends')) void socket.close({ code: 4401, reason: 'token_expired' })
        else server.send(message)
      })
    })
    await alice.signIn('uat')
    await alice.desk.call()
    const tickets = () => alice.addresses.filter((address) => address.endsWith('/voice/ticket')).length
    expect(tickets()).toBe(1)
    await alice.desk.send('my token ends')
    await expect(alice.page.locator('[data-call=live]')).toBeVisible()
    await expect.poll(() => sockets).toBe(2)
    expect(tickets()).toBe(2)
    await alice.desk.send('Are you still there?')
    await expect(alice.desk.theirs.last()).toContainText('You said: Are you still there?')
  })

  test('after the longest session the password is asked for, and what was written waits', async ({ alice }) => {
    const { desk, page } = alice
    await alice.signIn('uat')
    await desk.say('Hello')
    await alice.atAuthority('age?seconds=32400&')
    await alice.age()
    await desk.send('Do not lose this')
    await expect(page.locator('[data-lapsed]')).toContainText('You have been signed in for as long as is allowed.')
    await expect(desk.theirs.first()).toContainText('You said: Hello')
    await page.getByRole('button', { name: 'Sign in again' }).click()
    await alice.enterPassword()
    await expect(desk.field).toHaveValue('Do not lose this')
    await desk.field.press('Enter')
    await expect(desk.theirs.last()).toContainText('You said: Do not lose this')
    await expect(desk.theirs.first()).toContainText('You said: Hello')
  })

  test('a call is told five minutes before the sign-in is too old, and goes on', async ({ alice }) => {
    const { desk, page } = alice
    await alice.signIn('uat')
    await alice.atAuthority(`age?seconds=${8 * 3600 - 302}&`)
    await alice.age()
    await desk.call()
    await expect(page.getByText('The call ends in 5 min: your sign-in is too long ago then.')).toBeVisible()
    await expect(page.locator('[data-call=live]')).toBeVisible()
    await desk.send('Are you still there?')
    await expect(desk.theirs.last()).toContainText('You said: Are you still there?')
    await desk.hangUp()
    await expect(page.locator('[data-lapsed]')).toHaveCount(0)
  })

  test('somebody without a role is told whom to ask', async ({ nora }) => {
    await nora.open('uat')
    await nora.enterPassword()
    await expect(nora.page.getByRole('alert')).toContainText('Your account has no role in Engram. You are signed in as nora@example.org. Ask the administrator')
    await nora.page.getByRole('button', { name: 'Sign out' }).click()
    await expect(nora.page.getByRole('button', { name: 'Sign in with Microsoft' })).toBeVisible()
  })

  test('who turns back at the authority is at the sign-in page again, which says so', async ({ alice }) => {
    await alice.open('uat')
    await expect(alice.page.getByLabel('Password')).toBeVisible()
    await alice.page.goBack()
    await alice.page.getByRole('button', { name: 'Sign in with Microsoft' }).click()
    await alice.page.getByRole('button', { name: 'Cancel' }).click()
    await expect(alice.page.getByRole('alert')).toHaveText('The sign-in was cancelled.')
    for (const colorScheme of ['light', 'dark'] as const) {
      await alice.page.emulateMedia({ colorScheme })
      const { violations } = await new AxeBuilder({ page: alice.page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
    }
  })
})

test.describe('at the production level', { tag: ['@chat', '@voice'] }, () => {
  // Nobody waited for it so far: it starts beside the other level.
  test.beforeAll(async ({ request }) => {
    await expect.poll(() => request.get(`${originOf('production')}/health`).then((answer) => answer.ok(), () => false), { timeout: 60_000 }).toBe(true)
  })

  test('the second proof is part of signing in, and a token without it is replaced without the person, under the policy of the static web app', async ({ alice }) => {
    const complaints = await underShippedPolicy(alice.page, authorityOrigin())
    await alice.signIn('production')
    await alice.desk.say('Hello')
    await alice.desk.call()
    await alice.desk.send('And now aloud')
    await expect(alice.desk.theirs.last()).toContainText('You said: And now aloud')
    await alice.desk.hangUp()
    expect(alice.refusals).toEqual([])

    // The tab's token has run out, and the page does not know yet what this service asks for. It does not see it happen: it
    // would renew the token at once.
    const address = alice.page.url()
    await alice.page.goto('about:blank')
    await alice.age()
    await alice.page.goto(address)
    await expect(alice.desk.theirs.first()).toContainText('You said: Hello')
    await alice.desk.say('Hello again')
    expect(await alice.refusals[0]?.headerValue('WWW-Authenticate')).toContain('claims=')
    expect(alice.renewals.at(-1)?.get('claims')).toContain('"acrs"')
    expect(complaints).toEqual([])
  })

  test('a proof that no longer counts is asked for again, by a call as by a message, and what was written waits', async ({ alice }) => {
    const { desk, page } = alice
    await alice.signIn('production')
    await desk.say('Hello')
    await alice.atAuthority('forget?')
    await alice.age()
    await page.getByRole('button', { name: 'Call Elena' }).click()
    await expect(page.getByRole('alert').filter({ hasText: 'Call again' })).toContainText('Your organisation asks for a further proof')
    await desk.send('Do not lose this')
    await expect(page.locator('[data-lapsed]')).toContainText('Your organisation asks for a further proof that it is you.')
    await page.getByRole('button', { name: 'Prove it is you' }).click()
    await alice.approve()
    await expect(desk.field).toHaveValue('Do not lose this')
    await desk.field.press('Enter')
    await expect(desk.theirs.last()).toContainText('You said: Do not lose this')
  })
})
