/** Tools and handing over as a person sees them. `[call:NAME {…}]` makes the scripted model ask for a tool. */
import { expect, test } from '@playwright/test'
import { Desk } from './desk'
import { arrivals, heard, installTap, medianPitch } from './tap'
import { microphone, writeWav } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const QUIET = writeWav('quiet', [{ silence: 120 }])
const BRING_MARCUS = '[say:Let me bring Marcus in.][call:hand_off {"agent_id": "marcus", "reason": "A plan is wanted."}]'
/** From the request until the other can answer, in ms; what is heard out before does not count. */
const MOST_MS = 1500

test.use({ bypassCSP: true, launchOptions: { executablePath: CHROMIUM, args: microphone(QUIET) } })

test('an agent who is asked for another brings them in, who then speaks by themselves', { tag: '@voice' }, async ({ page }) => {
  await installTap(page)
  const desk = await new Desk(page).open()
  await desk.call()
  await desk.send('My name is Ada')
  await expect(desk.caption).toContainText('Elena is speaking')
  await expect(desk.caption).toContainText('Elena is listening')
  const elena = await medianPitch(page)
  const before = (await heard(page)).stretches.at(-1)?.to ?? 0
  await desk.send(BRING_MARCUS)
  await expect(desk.theirs.filter({ hasText: 'Let me bring Marcus in.' })).toBeVisible()
  await expect(desk.column.locator('[data-handover=marcus]')).toBeVisible()
  await expect(desk.agent('Marcus')).toBeChecked()
  await expect(desk.theirs.last()).toContainText('I have taken over from Elena.')
  await expect(desk.caption).toContainText('Marcus is speaking')
  await expect(desk.caption).toContainText('Marcus is listening')
  // Both sentences were heard to their end, and the second is a lower voice.
  expect(await arrivals(page, 'interrupted')).toEqual([])
  const { stretches } = await heard(page)
  const last = stretches.at(-1)
  expect(last?.from).toBeGreaterThan(before)
  expect(await medianPitch(page, last?.from, last?.to)).toBeLessThan(0.8 * elena)
  const tools = await arrivals(page, 'tool')
  expect(tools.map(({ message }) => `${String(message['name'])} ${String(message['status'])}`)).toEqual(['hand_off started', 'hand_off done'])

  await desk.send('What is my name?')
  await expect(desk.theirs.last()).toContainText('Your name is Ada.')
  await expect(desk.caption).toContainText('Marcus is speaking')
  await expect(desk.caption).toContainText('Marcus is listening') // heard to its end, so it is kept
  const asked = await page.evaluate(() => performance.now())
  await desk.agent('Elena').check()
  await expect(desk.column.locator('[data-handover=elena]')).toBeVisible()
  expect((await page.evaluate(() => performance.now())) - asked).toBeLessThan(MOST_MS)
  await desk.hangUp()
  await expect.poll(async () => (await desk.stored()).filter(({ role }) => role === 'assistant').map(({ agent_id }) => agent_id)).toEqual(['elena', 'elena', 'marcus', 'marcus'])
})

test('a typed question can be handed over too, and what is asked to be remembered is a fact', { tag: '@chat' }, async ({ page }) => {
  const desk = await new Desk(page).open()
  await desk.say('[call:remember {"text": "My dentist is Dr. Khan."}]')
  await expect(desk.theirs.last()).toContainText('Noted: "My dentist is Dr. Khan."')
  await expect(desk.fact(/Dr\. Khan/)).toBeVisible()
  await desk.send(BRING_MARCUS)
  await expect(desk.agent('Marcus')).toBeChecked()
  await expect(desk.theirs.last()).toContainText('Marcus')
  expect((await desk.stored()).at(-1)).toMatchObject({ role: 'assistant', agent_id: 'marcus' })
})
