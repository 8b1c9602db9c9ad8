import { expect, test } from '@playwright/test'
import { Desk } from './desk'
import { installTap, interruptions, quantile } from './tap'
import { microphone, writeWav, type Piece } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
/** Ten more than are wanted: on a slow machine now and then one comes in where the answer has not begun to sound. */
const COUNT = 40
/** Somebody who always comes in while the answer to the last time is being spoken: a short word, a second of pause. */
const BURSTS = Array.from({ length: COUNT }, (_, i): Piece[] => [{ speechLike: 0.4 }, { silence: 1.05 + ((i * 37) % 50) / 250 }]).flat()
const COMES_IN = writeWav('comes-in-often', [{ silence: 6 }, ...BURSTS, { silence: 60 }])

test.use({ bypassCSP: true, launchOptions: { executablePath: CHROMIUM, args: microphone(COMES_IN) } })

test('an answer is turned down within 60 ms and silent within 150 ms of the first sound of a voice, over 30 interruptions', { tag: '@voice' }, async ({ page }) => {
  test.setTimeout(135_000)
  await installTap(page)
  const desk = await new Desk(page).open()
  await desk.call()
  await desk.send('Tell me everything about the plan, from the beginning to the end, with nothing left out of it')
  await expect(desk.yours.filter({ hasText: `utterance ${COUNT}` })).toBeVisible({ timeout: 95_000 })
  const found = await interruptions(page)
  const ducked = found.map(({ duckedMs }) => duckedMs)
  const silent = found.map(({ silentMs }) => silentMs)
  for (const [type, values] of [['turned down after', ducked], ['silent after', silent]] as const) {
    test.info().annotations.push({ type, description: `p50 ${quantile(values, 0.5).toFixed(0)} ms, p95 ${quantile(values, 0.95).toFixed(0)} ms, worst ${Math.max(...values).toFixed(0)} ms of ${values.length}` })
  }
  expect(found.length).toBeGreaterThanOrEqual(30)
  expect(quantile(ducked, 0.95)).toBeLessThanOrEqual(60)
  expect(quantile(silent, 0.95)).toBeLessThanOrEqual(150)
})
