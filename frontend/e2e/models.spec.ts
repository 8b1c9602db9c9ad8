/** The main job with nothing simulated: a real voice in, real recognition, a real language model, a real voice out. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from '@playwright/test'
import { Desk } from './desk'
import { heard, heardSamples, installTap, lengthOf, medianPitch } from './tap'
import { microphone, pcmPiece, soundPath, writeWav } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const ROOT = resolve(import.meta.dirname, '../..')
const PYTHON = process.env['ENGRAM_PYTHON'] ?? join(ROOT, '.venv/bin/python')
const VOICES = join(import.meta.dirname, 'voices.py')
/** A real model on a small machine takes its time. */
const SLOW = { timeout: 90_000 }
const WORDS = 'Hello Elena, my name is Ada and I lead the C R M migration.'

function python(...args: string[]): string {
  return execFileSync(PYTHON, [VOICES, ...args], { encoding: 'utf8', cwd: ROOT, timeout: 120_000 })
}

/** Change the agent in a call and check how long it takes until the other one can answer. */
async function handOver(desk: Desk, name: string): Promise<void> {
  const asked = Date.now()
  await desk.agent(name).check()
  await expect(desk.column.locator(`[data-handover=${name.toLowerCase()}]`).last()).toBeVisible(SLOW)
  const took = Date.now() - asked
  test.info().annotations.push({ type: `hand-over to ${name}`, description: `${took} ms` })
  expect(took).toBeLessThan(1500)
}

test.use({ bypassCSP: true, launchOptions: { executablePath: CHROMIUM, args: microphone(soundPath('hello-elena')) } })

test.beforeAll(() => {
  test.setTimeout(180_000)
  const raw = join(tmpdir(), 'engram-e2e-hello.pcm')
  python('speak', raw, WORDS)
  writeWav('hello-elena', [{ silence: 4 }, pcmPiece(raw, 24_000), { silence: 300 }])
})

test('Speak requirements, verify transcription', { tag: ['@voice', '@chat'] }, async ({ page }) => {
  await installTap(page)
  const desk = await new Desk(page).open('/voice')
  await desk.call()

  // The words as a caption.
  await expect(desk.yours.first()).toContainText(/Ada/, SLOW)
  await expect(desk.yours.first()).toContainText(/migration/i)
  await expect(desk.yours.first()).toContainText(/spoken/, SLOW)

  // An answer that is heard: sound for as long as its words take, in which a recogniser finds the words of the caption.
  await expect(desk.caption).toContainText('Elena is speaking', SLOW)
  await expect(desk.caption).toContainText('Elena is listening', SLOW)
  const said = (await desk.theirs.first().locator('.said').allInnerTexts()).join(' ')
  // The model chooses its words: a greeting such as "Hello, Ada!" takes less than a second to say, all else at least one.
  expect(lengthOf(await heard(page, 0.01, 0.5))).toBeGreaterThan(Math.min(1, said.length * 0.04))
  const { rate, samples } = await heardSamples(page)
  const recording = join(tmpdir(), 'engram-e2e-answer.f32')
  writeFileSync(recording, Buffer.from(samples.buffer))
  const recognised = words(python('hear', recording, String(rate)))
  const wanted = words(said)
  const found = wanted.filter((word) => recognised.includes(word))
  test.info().annotations.push({ type: 'said', description: said }, { type: 'recognised', description: recognised.join(' ') })
  expect(wanted.length).toBeGreaterThan(1)
  expect(found.length / wanted.length).toBeGreaterThan(0.6)

  // Both of the first turns are in the episode, and what was said aloud is known in writing.
  await desk.hangUp()
  await expect
    .poll(async () => (await desk.stored()).slice(0, 2).map(({ role, channel }) => `${role} ${channel}`))
    .toEqual(['user voice', 'assistant voice'])
  await desk.send('What is my name?')
  await expect(desk.theirs.last()).toContainText('Ada', SLOW)
})

test('Verify voice characteristics match agent', { tag: '@voice' }, async ({ page }) => {
  await installTap(page)
  const desk = await new Desk(page).open('/voice')
  await desk.call()
  await expect(desk.caption).toContainText('Elena is speaking', SLOW)
  await expect(desk.caption).toContainText('Elena is listening', SLOW)
  const elena = await medianPitch(page)
  const before = (await heard(page)).stretches.at(-1)?.to ?? 0
  await handOver(desk, 'Marcus')
  await desk.send('Please introduce yourself in one sentence.')
  await expect(desk.caption).toContainText('Marcus is speaking', SLOW)
  await expect(desk.caption).toContainText('Marcus is listening', SLOW)
  const marcus = await medianPitch(page, before + 0.05)
  const between = (await heard(page)).stretches.at(-1)?.to ?? 0
  // And back: each can answer within a second and a half, and knows the conversation.
  await handOver(desk, 'Elena')
  await desk.send('What is my name?')
  await expect(desk.caption).toContainText('Elena is speaking', SLOW)
  await expect(desk.caption).toContainText('Elena is listening', SLOW)
  await expect(desk.theirs.last()).toContainText('Ada')
  const again = await medianPitch(page, between + 0.05)
  test.info().annotations.push({ type: 'median pitch', description: `Elena ${elena.toFixed(0)} Hz, Marcus ${marcus.toFixed(0)} Hz, Elena ${again.toFixed(0)} Hz` })
  expect(Math.abs(marcus - elena) / elena).toBeGreaterThan(0.2)
  expect(marcus).toBeLessThan(0.8 * again)
})

test('Verify memory persistence', { tag: '@chat' }, async ({ page }) => {
  const desk = await new Desk(page).open()
  await desk.say('My name is Ada and I lead the CRM migration.', SLOW)
  await desk.startAnew()
  await desk.say('What is my name?', SLOW)
  await expect(desk.theirs.last()).toContainText('Ada')
  await page.reload()
  await expect(desk.theirs.last()).toContainText('Ada')
  await desk.startAnew()
  await desk.agent('Marcus').check()
  await desk.say('What do I lead?', SLOW)
  await expect(desk.theirs.last()).toContainText(/migration|CRM/i)
  await expect(desk.recalled).toContainText(/migration/i)
})

test('Verify facts extraction', { tag: '@chat' }, async ({ page }) => {
  const desk = await new Desk(page).open()
  await desk.say('My name is Ada and I work at Siemens.', SLOW)
  await expect(desk.fact(/\bAda\b/).first()).toBeVisible()
  await expect(desk.fact(/\bSiemens\b/).first()).toContainText(/You typed it, today|Since today/)
  await desk.say('I now work at Bosch.', SLOW)
  await expect(desk.fact(/Works at Bosch/)).toContainText(/Siemens/)
  await expect(desk.fact(/Works at Siemens/)).toHaveCount(0)
  await desk.facts.getByRole('button', { name: 'Show all' }).click()
  const all = page.getByRole('dialog', { name: 'What they know about you' })
  await all.getByLabel('Also what was true before').check()
  await expect(all.locator('[data-current=false]').filter({ hasText: 'Siemens' })).toContainText('Until today')
  await page.keyboard.press('Escape')
  await desk.startAnew()
  await desk.say('Which company do I work for now?', SLOW)
  await expect(desk.theirs.last()).toContainText('Bosch')
})

function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z']+/g) ?? []
}
