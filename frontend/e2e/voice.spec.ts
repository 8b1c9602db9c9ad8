import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { Desk } from './desk'
import { arrivals, heard, installTap, lengthOf } from './tap'
import { microphone, writeWav } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const UTTERANCE = writeWav('utterance', [{ silence: 3 }, { speechLike: 1.2 }, { silence: 120 }])

test.use({ bypassCSP: true, launchOptions: { executablePath: CHROMIUM, args: microphone(UTTERANCE) } })

test.describe('a call', { tag: '@voice' }, () => {
  test.beforeEach(async ({ page }) => {
    await installTap(page)
  })

  test('is one conversation with what is typed, before, during and after it', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.send('My name is Ada')
    await expect(desk.theirs).toHaveCount(1)
    await desk.call()
    await desk.send('What is my name?')
    await expect(desk.yours.filter({ hasText: 'What is my name?' })).toContainText('typed')
    await expect(desk.theirs.last()).toContainText('ElenaYour name is Ada.')
    await expect.poll(async () => lengthOf(await heard(page))).toBeGreaterThan(0.9)
    await desk.hangUp()
    await desk.send('What is my name?')
    await expect(desk.theirs.last()).toContainText('Your name is Ada.')
    await expect(desk.yours.filter({ hasText: 'What is my name?' })).toHaveCount(2)
  })

  test('is silent at once when the person asks for it, and goes on', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    await desk.send(`Tell me something long ${'and longer '.repeat(30)}`)
    await expect(desk.caption).toContainText('Elena is speaking')
    await page.getByRole('button', { name: 'Stop speaking' }).click()
    await expect(desk.caption).toContainText('Elena is listening')
    // Before or after the first word: the click is as quick as the sound.
    await expect(desk.column.getByText(/^You came in/)).toBeVisible()
    await desk.send('Still there?')
    await expect(desk.theirs.last()).toContainText('You said: Still there?')
  })

  test('tells that nobody hears a muted person, and means it', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    await page.getByRole('button', { name: 'Mute' }).click()
    await expect(desk.caption).toContainText('You are muted')
    await expect(page.getByRole('button', { name: 'Unmute' })).toHaveAttribute('aria-pressed', 'true')
    // The file's utterance passes by unheard: the trace is flat and the service says nothing.
    await expect.poll(() => page.getByRole('timer').textContent()).toMatch(/0:0[5-9]/)
    expect(await desk.yours.count()).toBe(0)
    expect((await arrivals(page, 'transcription')).length).toBe(0)
  })

  test('is taken over by a second tab with the same conversation, and says so', async ({ page, context }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    const id = await desk.sessionId()
    const other = await context.newPage()
    await installTap(other)
    await other.addInitScript((session) => sessionStorage.setItem('engram_session_id', session), id)
    const second = await new Desk(other).open()
    await second.call()
    await expect(page.getByRole('alert')).toContainText('taken over by another tab')
    await expect(other.locator('[data-call=live]')).toBeVisible()
  })

  test('is not left by accident: opening another conversation asks first', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByRole('button', { name: 'Stay in the call' }).click()
    await expect(page.locator('[data-call=live]')).toBeVisible()
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByRole('button', { name: 'End call and go' }).click()
    await expect(page.locator('[data-call]')).toHaveCount(0)
  })

  test('draws its trace from the real sound', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    const trace = page.locator('canvas[data-trace]')
    const height = () =>
      trace.evaluate((canvas: HTMLCanvasElement) => {
        const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
        let top = canvas.height
        let bottom = 0
        for (let i = 3; i < pixels.length; i += 4) {
          if ((pixels[i] ?? 0) < 128) continue
          const row = Math.floor(i / 4 / canvas.width)
          top = Math.min(top, row)
          bottom = Math.max(bottom, row)
        }
        return bottom - top
      })
    await expect.poll(height).toBeLessThan(6)
    await expect.poll(height).toBeGreaterThan(15)
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has nothing axe complains about while it runs, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const desk = await new Desk(page).open()
      await desk.call()
      await expect(page.locator('[data-level]')).toBeVisible()
      await desk.send(`Tell me something long ${'and longer '.repeat(30)}`)
      await expect(desk.caption).toContainText('Elena is speaking')
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
    })
  }
})
