import { expect, test } from '@playwright/test'
import { Desk } from './desk'
import { arrivals, heard, installTap } from './tap'
import { microphone, writeWav } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
/** The person comes in ten seconds after the call began, while a long answer is being spoken. */
const COMES_IN = writeWav('comes-in', [{ silence: 10 }, { speechLike: 1.2 }, { silence: 60 }])

test.use({ bypassCSP: true, launchOptions: { executablePath: CHROMIUM, args: microphone(COMES_IN) } })

test('speaking into an answer silences it within 150 ms of the service noticing, and the rest is shown as unheard', { tag: '@voice' }, async ({ page }) => {
  await installTap(page)
  const desk = await new Desk(page).open()
  await desk.call()
  // 60 ms a character: more than half a minute of answer.
  const question = `Tell me everything ${'about the plan '.repeat(40)}`.trim()
  await desk.send(question)
  await expect(desk.caption).toContainText('Elena is speaking')
  await expect.poll(async () => (await arrivals(page, 'interrupted')).length, { timeout: 20_000 }).toBe(1)
  await expect(desk.column.getByText('You came in here. What is in italics was not heard.')).toBeVisible()

  const [cut] = await arrivals(page, 'interrupted')
  const onset = (await arrivals(page, 'transcription')).find(({ message, time }) => message['speaker'] === 'user' && message['status'] === 'listening' && time >= (cut?.time ?? 0) - 1)
  const noticed = Math.min(cut?.time ?? 0, onset?.time ?? Number.POSITIVE_INFINITY)

  // The next answer begins only after the person has finished: the sound that was cut ends before it.
  await expect(desk.yours.last()).toContainText('utterance 1')
  const { stretches } = await heard(page)
  const spoken = stretches.findLast(({ from }) => from < noticed)
  expect(spoken).toBeDefined()
  const silentAfter = (spoken?.to ?? 0) - noticed
  test.info().annotations.push({ type: 'silent after', description: `${Math.round(silentAfter * 1000)} ms` })
  expect(silentAfter).toBeLessThan(0.15)
  expect((spoken?.to ?? 0) - (spoken?.from ?? 0)).toBeGreaterThan(1)

  // What the service was told was heard is what was heard, to a tenth of a second.
  const heardMs = Number(cut?.message['heard_ms'])
  expect(Math.abs(heardMs / 1000 - ((spoken?.to ?? 0) - (spoken?.from ?? 0)))).toBeLessThan(0.35)

  await desk.hangUp()
  await expect.poll(async () => (await desk.stored()).find(({ interrupted }) => interrupted)).toMatchObject({ role: 'assistant', channel: 'voice' })
  const stored = (await desk.stored()).find(({ interrupted }) => interrupted)
  const whole = `You said: ${question}.`
  expect(whole.startsWith(`${stored?.content} ${stored?.unheard}`)).toBe(true)
  // 60 ms a character: as much of the text as there was sound, to within a few words.
  expect(Math.abs((stored?.content.length ?? 0) * 60 - heardMs)).toBeLessThan(900)
  await expect(desk.theirs.first().locator('em')).toHaveText(stored?.unheard ?? '')
})
