import { expect, test } from '@playwright/test'
import { Desk } from './desk'
import { microphone, writeWav } from './wav'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const UTTERANCE = writeWav('signed-in', [{ silence: 3 }, { speechLike: 1.2 }, { silence: 60 }])

test.use({ baseURL: `http://127.0.0.1:${process.env['ENGRAM_E2E_PORT_SIGNIN']}`, launchOptions: { executablePath: CHROMIUM, args: microphone(UTTERANCE) } })

test.describe('where the service asks for development tokens', { tag: ['@chat', '@voice'] }, () => {
  test('one signs in once for both ways of speaking, and the token is in no address', async ({ page }) => {
    const addresses: string[] = []
    page.on('request', (request) => addresses.push(request.url()))
    page.on('websocket', (socket) => addresses.push(socket.url()))
    const desk = await new Desk(page).signIn('dev_alice_analyst')
    await desk.send('My name is Alice')
    await expect(desk.theirs.last()).toContainText('You said: My name is Alice')
    await desk.call()
    await expect(desk.theirs.last()).toContainText('You said: utterance 1.')
    await desk.hangUp()
    expect(addresses.some((address) => address.startsWith('ws://'))).toBe(true)
    expect(addresses.filter((address) => address.includes('dev_alice'))).toEqual([])
  })

  test('nobody sees another person’s conversations', async ({ page }) => {
    const desk = await new Desk(page).signIn('dev_alice_analyst')
    await desk.send('A secret of Alice')
    await expect(desk.theirs).toHaveCount(1)
    await expect(page.getByRole('navigation')).toContainText('A secret of Alice')
    await page.getByRole('button', { name: 'Sign out' }).click()
    const bob = await new Desk(page).signIn('dev_bob_analyst')
    await expect(bob.page.getByRole('navigation')).toContainText('What you say and type will be listed here.')
    await expect(bob.theirs).toHaveCount(0)
  })

  test('a read-only person is told so, in writing and in a call', async ({ page }) => {
    const desk = await new Desk(page).signIn('dev_carol_viewer')
    await desk.send('Hello')
    await expect(page.getByRole('alert')).toContainText('Your role does not allow you')
    await expect(page.getByRole('alert').getByRole('button', { name: 'Retry' })).toHaveCount(0)
    await page.getByRole('button', { name: 'Call Elena' }).click()
    await expect(page.getByRole('alert').filter({ hasText: 'hold a voice call' })).toBeVisible()
  })
})
