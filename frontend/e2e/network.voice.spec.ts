/** Calls over a network as it is: connections break, lines are narrow, and for a while there is none at all. */
import { expect, test, type Page, type WebSocketRoute } from '@playwright/test'
import { Desk } from './desk'
import { arrivals, heard, installTap, lengthOf } from './tap'
import { microphone, writeWav } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const QUIET = writeWav('quiet', [{ silence: 120 }])
const LONG = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen'

test.use({ bypassCSP: true, launchOptions: { executablePath: CHROMIUM, args: microphone(QUIET) } })

/** The page's voice connections, which a test can break. */
async function breakable(page: Page): Promise<{ count: number; dead: boolean; cut(): void }> {
  const open: WebSocketRoute[] = []
  const line = { count: 0, dead: false, cut: () => open.splice(0).forEach((socket) => void socket.close({ code: 3001 })) }
  await page.routeWebSocket(/\/voice\/voicelive\//, (socket) => {
    line.count++
    if (line.dead) {
      void socket.close({ code: 3001 })
      return
    }
    open.push(socket)
    socket.connectToServer()
  })
  return line
}

test.describe('a call over a bad network', { tag: '@voice' }, () => {
  test.beforeEach(async ({ page }) => {
    await installTap(page)
  })

  test('goes on through a broken connection in the middle of an answer, which is heard in one piece', async ({ page }) => {
    const line = await breakable(page)
    const desk = await new Desk(page).open()
    await desk.call()
    await desk.send(LONG)
    await expect(desk.caption).toContainText('Elena is speaking')
    line.cut()
    await expect.poll(() => line.count).toBe(2)
    await expect(page.locator('[data-call=live]')).toBeVisible()
    await expect(desk.caption).toContainText('Elena is listening')
    await expect(page.getByRole('alert')).toHaveCount(0)
    await expect(page.getByText('If your last words were not answered')).toHaveCount(0)

    const sound = await heard(page)
    expect(sound.stretches).toHaveLength(1)
    expect(lengthOf(sound)).toBeGreaterThan((`You said: ${LONG}.`.length * 60) / 1000 - 0.3)
    expect(await desk.theirs.count()).toBe(1)
    await desk.hangUp()
    await expect.poll(async () => (await desk.stored()).map(({ content, interrupted }) => [content, interrupted])).toEqual([
      [LONG, false],
      [`You said: ${LONG}.`, false],
    ])
  })

  test('says after five seconds without a connection that nobody hears the person, and lets them type', async ({ page }) => {
    const line = await breakable(page)
    const desk = await new Desk(page).open()
    await desk.call()
    await desk.send('My name is Ada')
    await expect(desk.theirs).toHaveCount(1)
    line.dead = true
    line.cut()
    await expect(desk.caption).toContainText('Reconnecting')
    await expect(page.locator('[data-away]')).toHaveCount(0)
    await expect(page.locator('[data-away]')).toContainText('There is no connection: Elena cannot hear you.', { timeout: 8000 })
    await expect(page.locator('[data-away]')).toContainText('You can type your message below instead')
    await desk.send('What is my name?')
    await expect(desk.theirs.last()).toContainText('Your name is Ada.')
    // Behind an attempt that has just failed the next is two seconds away: it does not come before the click.
    const tried = line.count
    await expect.poll(() => line.count, { intervals: [20], timeout: 20_000 }).toBeGreaterThan(tried)
    line.dead = false
    await page.getByRole('button', { name: 'Retry now' }).click()
    await expect(page.locator('[data-call=live]')).toBeVisible()
    await expect(page.locator('[data-away]')).toHaveCount(0)
    expect(await desk.theirs.count()).toBe(2)
  })

  test('shows its captions at once on a line that is too narrow for the sound', async ({ page }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    const chrome = await page.context().newCDPSession(page)
    await chrome.send('Network.enable')
    const kilobytes = 30 // speech takes 64 a second
    await chrome.send('Network.emulateNetworkConditions', { offline: false, latency: 100, downloadThroughput: kilobytes * 1024, uploadThroughput: -1 })
    await desk.send(`${LONG} ${LONG} ${LONG}`)
    const whole = `You said: ${LONG} ${LONG} ${LONG}.`
    await expect(desk.theirs.last()).toContainText(whole, { timeout: 8000 })
    const soFar = (await arrivals(page, 'audio')).length
    await chrome.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
    await expect.poll(async () => (await arrivals(page, 'audio_end')).length).toBe(1)
    const all = (await arrivals(page, 'audio')).length
    expect(soFar).toBeLessThan(all / 2)
  })

  test('is one conversation with another window: what is spoken stands there, what is typed there reaches the call', async ({ page, context }) => {
    const desk = await new Desk(page).open()
    await desk.call()
    const other = await context.newPage()
    await other.addInitScript((session) => sessionStorage.setItem('engram_session_id', session), await desk.sessionId())
    const beside = await new Desk(other).open()
    await page.bringToFront()
    await desk.send('My name is Ada')
    await expect(beside.yours.filter({ hasText: 'My name is Ada' })).toBeVisible({ timeout: 3000 })
    await expect(beside.theirs.last()).toContainText('You said: My name is Ada.')
    await beside.send('I live in Berlin')
    await expect(desk.yours.filter({ hasText: 'I live in Berlin' })).toBeVisible()
    await expect(desk.theirs.filter({ hasText: 'You said: I live in Berlin.' })).toBeVisible()
    await desk.send('What is my name?')
    await expect(desk.theirs.last()).toContainText('Your name is Ada.')
    await expect(beside.theirs).toHaveCount(3)
    expect(await desk.theirs.count()).toBe(3)
    expect(await desk.yours.count()).toBe(3)
  })
})
