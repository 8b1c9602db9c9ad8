import { expect, test } from '@playwright/test'
import { Desk } from './desk'
import { arrivals, heard, installTap, lengthOf } from './tap'
import { microphone, writeWav } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
/** Two coughs: loud enough to be taken for speech, and no words. */
const COUGHS = writeWav('coughs', [{ silence: 7 }, { speechLike: 0.13 }, { silence: 3 }, { speechLike: 0.13 }, { silence: 60 }])

test.use({ bypassCSP: true, launchOptions: { executablePath: CHROMIUM, args: microphone(COUGHS) } })

test('after a cough the answer goes on where it stopped, is heard whole, and nothing says that it was interrupted', { tag: '@voice' }, async ({ page }) => {
  await installTap(page)
  const desk = await new Desk(page).open()
  await desk.call()
  const question = `Tell me everything ${'about the plan '.repeat(12)}`.trim()
  await desk.send(question)
  await expect.poll(async () => (await arrivals(page, 'resumed_speech')).length, { timeout: 30_000 }).toBe(2)
  await expect(desk.caption).toContainText('Elena is listening', { timeout: 20_000 })

  const stopped = await arrivals(page, 'interrupted')
  const resumed = await arrivals(page, 'resumed_speech')
  expect(stopped).toHaveLength(2)
  for (const [index, { time, message }] of resumed.entries()) {
    expect(time - (stopped[index]?.time ?? 0)).toBeLessThan(2)
    expect(Math.abs(Number(message['from_ms']) - Number(stopped[index]?.message['heard_ms']))).toBeLessThan(150)
  }
  // 60 ms a character, each heard once.
  const whole = `You said: ${question}.`
  const sound = await heard(page)
  test.info().annotations.push({ type: 'heard', description: `${lengthOf(sound).toFixed(2)} s of ${(whole.length * 0.06).toFixed(2)} s` })
  expect(Math.abs(lengthOf(sound) - whole.length * 0.06)).toBeLessThan(0.3)
  await expect(desk.theirs).toHaveCount(1)
  await expect(desk.theirs.first()).toContainText(whole)
  await expect(desk.column.getByText('You came in')).toHaveCount(0)

  await desk.hangUp()
  await expect.poll(async () => (await desk.stored()).filter(({ role }) => role === 'assistant')).toMatchObject([{ content: whole, interrupted: false }])
})
