import { expect, test } from '@playwright/test'
import { Desk } from './desk'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'

test.use({ launchOptions: { executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--deny-permission-prompts'] } })

test('a call without a microphone says what to do and leaves typing untouched', { tag: '@voice' }, async ({ page }) => {
  const desk = await new Desk(page).open()
  await page.getByRole('button', { name: 'Call Elena' }).click()
  await expect(page.getByRole('alert')).toContainText(/microphone/i)
  await expect(page.getByRole('button', { name: 'Call again' })).toBeVisible()
  await desk.send('I type instead')
  await expect(desk.theirs.last()).toContainText('You said: I type instead')
})
