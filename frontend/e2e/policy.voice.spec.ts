import { expect, test } from '@playwright/test'
import { Desk } from './desk'
import { underShippedPolicy } from './policy'
import { microphone, writeWav } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const UTTERANCE = writeWav('policy', [{ silence: 3 }, { speechLike: 1.2 }, { silence: 60 }])

test.use({
  launchOptions: {
    executablePath: CHROMIUM,
    // A page whose headers a test has changed counts as coming from nowhere, and from there Chromium lets nobody connect to this machine.
    args: [...microphone(UTTERANCE), '--disable-features=LocalNetworkAccessChecks'],
  },
})

test('a call under the policy of the static web app needs nothing but our own origin', { tag: '@voice' }, async ({ page }) => {
  const complaints = await underShippedPolicy(page)
  const desk = await new Desk(page).open()
  await desk.call()
  await expect(desk.theirs.last()).toContainText('You said: utterance 1.')
  await expect(desk.caption).toContainText('Elena is speaking')
  await desk.hangUp()
  expect(complaints).toEqual([])
})
