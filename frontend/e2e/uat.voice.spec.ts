/** The six voice cases of user acceptance (operating procedure, 5.5), each under its name there; words and real voices: models.spec.ts. */
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { Desk } from './desk'
import { arrivals, heard, installTap, lengthOf, medianPitch } from './tap'
import { microphone, writeWav } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
/** The person says something after three seconds, and comes in twelve seconds later, where a long answer is being spoken. */
const VOICE = writeWav('uat', [{ silence: 3 }, { speechLike: 1.2 }, { silence: 11 }, { speechLike: 1.2 }, { silence: 120 }])

test.use({ bypassCSP: true, launchOptions: { executablePath: CHROMIUM, args: microphone(VOICE) } })

/** One of the numbers of the last spoken answer, in ms. */
async function measure(page: Page, name: string): Promise<number> {
  const [, value, unit] = /^([\d.]+) (ms|s)$/.exec(await page.locator(`[data-measure="${name}"]`).innerText()) ?? []
  return Number(value) * (unit === 's' ? 1000 : 1)
}

test.describe('voice', { tag: '@voice' }, () => {
  test.beforeEach(async ({ page }) => {
    await installTap(page)
  })

  test('Start voice session with Elena', async ({ page }) => {
    const desk = await new Desk(page).open('/voice')
    await expect(desk.agent('Elena')).toBeChecked()
    await desk.call()
    await expect(desk.caption).toContainText('Elena is listening')
    await expect(page.getByRole('timer')).toHaveText(/^0:0\d$/)
    await expect(page.locator('[data-measure]')).toHaveCount(0)
    expect((await arrivals(page, 'agent_switched')).map(({ message }) => message['agent_id'])).toEqual(['elena'])
    await desk.hangUp()
    await expect(page.getByRole('button', { name: 'Call Elena' })).toBeVisible()
  })

  test('Speak requirements, verify transcription', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    await expect(desk.yours.last()).toContainText('utterance 1')
    await expect(desk.theirs.last()).toContainText('You said: utterance 1.')
    await expect(desk.caption).toContainText('Elena is speaking')
    await expect(desk.caption).toContainText('Elena is listening')
    await expect(desk.yours.last()).toContainText(/spoken · \d{1,2}:\d\d/)

    const sound = await heard(page)
    // 22 characters at 60 ms: the whole answer in one piece, at the voice's own loudness.
    expect(lengthOf(sound)).toBeGreaterThan(1.25)
    expect(sound.stretches).toHaveLength(1)
    expect(sound.peak).toBeGreaterThan(0.05)

    // The numbers are those of the service, and in the order in which things happen.
    await expect(page.locator('[data-measure=Heard]')).toBeVisible()
    const [told] = (await arrivals(page, 'metrics')).map(({ message }) => message)
    const shown = await Promise.all(['Turn end', 'Understood', 'First word', 'First sound', 'Heard'].map((name) => measure(page, name)))
    const fields = ['end_of_speech_ms', 'transcript_ms', 'first_token_ms', 'first_audio_ms', 'heard_ms']
    const service = fields.map((field) => Number(told?.[field]))
    shown.forEach((ms, index) => expect(Math.abs(ms - (service[index] ?? Number.NaN))).toBeLessThanOrEqual((service[index] ?? 0) < 999 ? 0.5 : 50))
    // 0: all of the answer came before the sound card asked again, so nothing had to be waited for.
    expect(told?.['buffer_ms']).toBeGreaterThanOrEqual(0)
    expect(service[3]).toBeGreaterThanOrEqual(service[2] ?? Number.NaN)
    expect(service[4]).toBeGreaterThan(service[3] ?? Number.NaN)
    // The microphone's last sound stands in the file: the turn was over as long after it as the service's silence time asks for.
    expect(service[0]).toBeGreaterThan(200)

    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const { violations } = await new AxeBuilder({ page }).include('section:has([data-measure=Heard])').analyze()
      expect(violations.map(({ id }) => id)).toEqual([])
    }

    await desk.hangUp()
    await expect.poll(async () => (await desk.stored()).map(({ role, content, channel }) => [role, content, channel])).toEqual([
      ['user', 'utterance 1', 'voice'],
      ['assistant', 'You said: utterance 1.', 'voice'],
    ])
  })

  test('Switch to Marcus mid-conversation', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    // What the file says would come between.
    await page.getByRole('button', { name: 'Mute' }).click()
    await desk.send('My name is Ada')
    await expect(desk.caption).toContainText('Elena is speaking')
    const asked = Date.now()
    await desk.agent('Marcus').check()
    await expect(desk.column.locator('[data-handover=marcus]')).toBeVisible()
    expect(Date.now() - asked).toBeLessThan(1500)
    await desk.send('What is my name?')
    await expect(desk.theirs.last()).toContainText('Your name is Ada.')
    await expect(desk.theirs.last()).toHaveAttribute('data-agent', 'marcus')
    await expect(desk.caption).toContainText('Marcus is speaking')
    await expect(desk.caption).toContainText('You are muted')
    await expect(page.getByText(/^Hand-over took \d+ ms\.$/)).toBeVisible()
    await desk.hangUp()
    // Of Elena's answer nothing may have been heard before the switch: then it is not kept.
    await expect.poll(async () => (await desk.stored()).map(({ agent_id }) => agent_id).join(' ')).toMatch(/^elena (elena )?marcus marcus$/)
    expect((await desk.stored()).at(-1)).toMatchObject({ role: 'assistant', agent_id: 'marcus', content: 'Your name is Ada.' })
  })

  test('Verify voice characteristics match agent', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    await expect(desk.theirs.filter({ hasText: 'You said: utterance 1.' })).toBeVisible()
    await expect(desk.caption).toContainText('Elena is listening')
    const elena = await medianPitch(page)
    expect(elena).toBeCloseTo(220, -1)
    const before = (await heard(page)).stretches.at(-1)?.to ?? 0
    await desk.agent('Marcus').check()
    await expect(desk.column.locator('[data-handover=marcus]')).toBeVisible()
    await desk.send('Are you Marcus?')
    await expect(desk.theirs.last()).toHaveAttribute('data-agent', 'marcus')
    await expect(desk.caption).toContainText('Marcus is speaking')
    await expect(desk.caption).toContainText('Marcus is listening')
    const marcus = await medianPitch(page, before + 0.05)
    expect(Math.abs(marcus - elena) / elena).toBeGreaterThan(0.2)
  })

  test('Test interruption handling', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    await expect(desk.theirs.filter({ hasText: 'You said: utterance 1.' })).toBeVisible()
    await expect(desk.caption).toContainText('Elena is listening')
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
    await expect(desk.yours.last()).toContainText('utterance 2')
    const { stretches } = await heard(page)
    const spoken = stretches.findLast(({ from }) => from < noticed)
    expect(spoken).toBeDefined()
    const silentAfter = (spoken?.to ?? 0) - noticed
    test.info().annotations.push({ type: 'silent after', description: `${Math.round(silentAfter * 1000)} ms` })
    expect(silentAfter).toBeLessThan(0.15)
    expect((spoken?.to ?? 0) - (spoken?.from ?? 0)).toBeGreaterThan(1)
    // The service measured the stop, and tells it.
    await expect(page.getByText(/^You came in; silent after \d+ ms\.$/)).toBeVisible()

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
    // Hanging up cut the answer after it, too: the first one is meant.
    await expect(desk.theirs.locator('em').first()).toHaveText(stored?.unheard ?? '')
  })

  test('Test poor network simulation', async ({ page, context }) => {
    const desk = await new Desk(page).open()
    const network = await context.newCDPSession(page)
    // A third of a second there and back, and a line that carries a little more than the sound itself.
    await network.send('Network.enable')
    await network.send('Network.emulateNetworkConditions', { offline: false, latency: 300, downloadThroughput: 90_000, uploadThroughput: 90_000 })
    await desk.call()
    await expect(desk.yours.last()).toContainText('utterance 1')
    await expect(desk.caption).toContainText('Elena is speaking')
    await expect(desk.caption).toContainText('Elena is listening')
    await expect(desk.theirs.last()).toContainText('You said: utterance 1.')
    expect(lengthOf(await heard(page))).toBeGreaterThan(1.25)
    // The way there is in what the person waited, and in no earlier number.
    await expect(page.locator('[data-measure=Heard]')).toBeVisible()
    expect((await measure(page, 'Heard')) - (await measure(page, 'First sound'))).toBeGreaterThan(100)

    // No network at all for a moment: it is said, and the call comes back with the conversation.
    await network.send('Network.emulateNetworkConditions', { offline: true, latency: 0, downloadThroughput: 0, uploadThroughput: 0 })
    await expect(page.locator('[data-call=lost]')).toBeVisible()
    await expect(desk.theirs.last()).toContainText('You said: utterance 1.')
    await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
    await expect(page.locator('[data-call=live]')).toBeVisible()
    await desk.send('Are you still there?')
    await expect(desk.theirs.last()).toContainText('You said: Are you still there?')
    await desk.hangUp()
    const said = (await desk.stored()).map(({ content }) => content)
    expect(said.filter((content) => content === 'utterance 1')).toHaveLength(1)
    expect(said).toContain('Are you still there?')
  })
})
