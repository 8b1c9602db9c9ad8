import { AxeBuilder } from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { Desk } from './desk'
import { underShippedPolicy } from './policy'

/** Anything that the browser itself complains about: policy violations, failed loads, exceptions. */
function complaints(page: Page): string[] {
  const list: string[] = []
  page.on('pageerror', (error) => list.push(String(error)))
  page.on('console', (message) => {
    // A conversation that nobody has spoken in yet answers 404; Chromium logs every 404.
    if (message.type() === 'error' && !message.location().url.includes('/memory/episodes/')) list.push(message.text())
  })
  return list
}

test.describe('typed conversation', { tag: '@chat' }, () => {
  test('Send text message, verify response', async ({ page }) => {
    const wrong = complaints(page)
    const desk = await new Desk(page).open()
    await desk.send('What is the capital of France?')
    await expect(desk.theirs.last()).toContainText('The capital of France is Paris.')
    await expect(desk.yours.last()).toContainText(/typed · \d{1,2}:\d\d/)
    await expect(desk.field).toBeFocused()
    expect((await desk.stored()).map(({ role, content, channel }) => [role, content, channel])).toEqual([
      ['user', 'What is the capital of France?', 'chat'],
      ['assistant', 'The capital of France is Paris.', 'chat'],
    ])
    await expect(page.locator('[data-measure=latency]')).toHaveText(/^\d+ ms$|^\d+\.\d s$/)
    expect(wrong).toEqual([])
  })

  test('Test multi-turn conversation', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.send('My name is Ada')
    await expect(desk.theirs).toHaveCount(1)
    await desk.send('What is my name?')
    await expect(desk.theirs.last()).toContainText('Your name is Ada.')
    await page.getByRole('button', { name: 'New conversation' }).click()
    await expect(desk.theirs).toHaveCount(0)
    await desk.send('What is my name?')
    await expect(desk.theirs.last()).toContainText('Your name is Ada.')
  })

  test('Test agent switching', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.send('My name is Ada')
    await expect(desk.theirs).toHaveCount(1)
    await desk.agent('Marcus').check()
    await expect(desk.column.locator('[data-handover=marcus]')).toContainText('Elena handed over to Marcus')
    await desk.send('What is my name?')
    await expect(desk.theirs.last()).toContainText('Your name is Ada.')
    await expect(desk.theirs.last()).toHaveAttribute('data-agent', 'marcus')
  })

  test('a conversation survives a reload and is opened again from the list', async ({ page }) => {
    const desk = await new Desk(page).open()
    const words = `Reload me ${Date.now()}`
    await desk.send(words)
    await expect(desk.theirs.last()).toContainText(`You said: ${words}`)
    await page.reload()
    await expect(desk.theirs.last()).toContainText(`You said: ${words}`)
    await page.getByRole('button', { name: 'New conversation' }).click()
    await expect(desk.theirs).toHaveCount(0)
    await page.getByRole('navigation').getByRole('button', { name: words }).click()
    await expect(desk.theirs.last()).toContainText(`You said: ${words}`)
  })

  test('markup in an answer stays text', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.send('<img src=x onerror="document.title=1"> <script>document.title=2</script>')
    await expect(desk.theirs.last()).toContainText('<script>document.title=2</script>')
    expect(await desk.column.locator('img, script').count()).toBe(0)
    await expect(page).toHaveTitle('Engram')
  })

  test('the page lives under the policy of the static web app, dialogs and pop-ups included', async ({ page }) => {
    const refused = await underShippedPolicy(page)
    await page.setViewportSize({ width: 800, height: 900 })
    const desk = await new Desk(page).open()
    await desk.send('My name is Ada')
    await expect(desk.theirs).toHaveCount(1)
    await page.getByRole('button', { name: 'Conversations' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'New conversation' }).click()
    await desk.send('What is my name?')
    await expect(desk.theirs.last()).toContainText('Ada')
    await desk.theirs.last().getByRole('button', { name: /^recalled/ }).first().click()
    await expect(page.getByRole('button', { name: 'Open that conversation' })).toBeVisible()
    expect(refused).toEqual([])
  })

  test('each tab is a conversation of its own', async ({ page, context }) => {
    const one = await new Desk(page).open()
    const two = await new Desk(await context.newPage()).open()
    expect(await one.sessionId()).not.toBe(await two.sessionId())
  })

  test('a busy model is told as it is, and what was asked is kept', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.send('Hello [fault:busy]')
    const alert = page.getByRole('alert')
    await expect(alert).toBeVisible({ timeout: 30_000 })
    await expect(alert).toContainText('Your message is kept here.')
    await expect(alert).toContainText('For support: ')
    await alert.getByRole('button', { name: 'Change the message' }).click()
    await expect(desk.field).toHaveValue('Hello [fault:busy]')
    await expect(desk.yours).toHaveCount(0)
    expect(await desk.stored()).toEqual([])
  })

  test('a gateway that fails is told with cause and remedy, and Retry sends the same words', async ({ page }) => {
    const desk = await new Desk(page).open()
    // A failure that is over at the second attempt cannot be asked of the service: this test makes the first one itself.
    let attempts = 0
    await page.route('**/api/v1/chat', (route) => {
      attempts++
      return attempts === 1
        ? route.fulfill({
            status: 503,
            contentType: 'application/problem+json',
            headers: { 'Retry-After': '7' },
            body: JSON.stringify({ type: 'https://example.org/#gateway_unavailable', title: 'The assistant is unavailable', status: 503, detail: 'The gateway answered 503. Try again', retryable: true, request_id: 'req_1' }),
          })
        : route.continue()
    })
    await desk.send('Keep these words')
    const alert = page.getByRole('alert')
    await expect(alert).toContainText('The assistant is unavailable. The gateway answered 503. Try again. Your message is kept here. Wait 7 seconds')
    await alert.getByRole('button', { name: 'Retry' }).click()
    await expect(desk.theirs.last()).toContainText('You said: Keep these words')
    await expect(desk.yours).toHaveCount(1)
  })

  test('losing the service is told, nothing typed is lost, and it goes on when it is back', async ({ page, context }) => {
    const desk = await new Desk(page).open()
    await context.setOffline(true)
    await desk.send('Are you there?')
    await expect(page.getByRole('alert')).toContainText('The service could not be reached.')
    await expect(desk.yours.last()).toContainText('Are you there?')
    await context.setOffline(false)
    await page.getByRole('alert').getByRole('button', { name: 'Retry' }).click()
    await expect(desk.theirs.last()).toContainText('You said: Are you there?')
  })

  test('the whole page works from the keyboard', async ({ page }) => {
    const desk = await new Desk(page).open()
    const reached: string[] = []
    // The list of earlier conversations stands between the two and grows with each test.
    for (let i = 0; i < 80 && !reached.includes('Your message'); i++) {
      await page.keyboard.press('Tab')
      reached.push(await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? ''))
    }
    expect(reached.some((name) => name === 'New conversation')).toBe(true)
    expect(reached.some((name) => name === 'Your message')).toBe(true)
    await desk.agent('Elena').focus()
    await page.keyboard.press('ArrowRight')
    await expect(desk.agent('Marcus')).toBeChecked()
    await desk.field.focus()
    await page.keyboard.type('Typed without a mouse')
    await page.keyboard.press('Enter')
    await expect(desk.theirs.last()).toContainText('You said: Typed without a mouse')
    await expect(desk.theirs.last()).toHaveAttribute('data-agent', 'marcus')
  })

  test('the /voice address shows the page with the call offered', async ({ page }) => {
    const answer = await page.goto('/voice')
    expect(answer?.status()).toBe(200)
    await expect(page.getByText('Elena is ready to talk')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Call Elena' })).toBeVisible()
  })

  test('on a phone nothing is cut off, and conversations and numbers are a tap away', async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 })
    const desk = await new Desk(page).open()
    await desk.send(`A word that is very long: ${'x'.repeat(90)}`)
    await expect(desk.theirs).toHaveCount(1)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    await page.getByRole('button', { name: 'Conversations' }).click()
    await expect(page.getByRole('dialog', { name: 'Conversations' })).toBeVisible()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'What they know' }).click()
    await expect(page.getByRole('dialog', { name: 'What they know and why' })).toContainText('Whole answer')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('button', { name: 'What they know' })).toBeFocused()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1440, 400]) {
      test(`axe finds nothing to complain about, ${colorScheme}, ${width} px wide`, async ({ page }) => {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.setViewportSize({ width, height: 900 })
        const desk = await new Desk(page).open()
        const scan = async () => (await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`)
        expect(await scan()).toEqual([])
        await desk.send('My name is Ada')
        await expect(desk.theirs).toHaveCount(1)
        await desk.agent('Marcus').check()
        await page.getByRole('button', { name: 'New conversation' }).or(page.getByRole('button', { name: 'Conversations' })).first().click()
        if (width < 1101) {
          expect(await scan()).toEqual([])
          await page.getByRole('dialog').getByRole('button', { name: 'New conversation' }).click()
        }
        await desk.send('What is my name?')
        await expect(desk.theirs.last()).toContainText('Ada')
        expect(await scan()).toEqual([])
      })
    }
  }

  test('the colours follow the system and the person’s choice, which outlasts a reload', async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await new Desk(page).open()
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    expect(await paper()).toBe('rgb(20, 19, 17)')
    await page.getByRole('button', { name: /^Colours/ }).click()
    expect(await paper()).toBe('rgb(250, 248, 244)')
    await page.reload()
    expect(await paper()).toBe('rgb(250, 248, 244)')
  })
})
