/** What they know about one: learned, shown with its source, corrected, forgotten, added, explained and searched. */
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { Desk } from './desk'
import { underShippedPolicy } from './policy'

// With sign-in each test is a person of its own: what one has had forgotten is not learned again.
test.use({ baseURL: `http://127.0.0.1:${process.env['ENGRAM_E2E_PORT_SIGNIN']}` })

/** Facts are there within a second or two of the answer. */
const SOON = { timeout: 3_000 }
const INTRODUCTION = 'My name is Ada and I work at Siemens'

let people = 0
function somebody(): string {
  people++
  return `ada-${Date.now()}-${people}`
}

function open(page: Page, person = somebody()): Promise<Desk> {
  return new Desk(page).signIn(`dev_${person}_analyst`)
}

async function introduced(page: Page, person = somebody()): Promise<Desk> {
  const desk = await open(page, person)
  await desk.say(INTRODUCTION)
  await expect(desk.fact('Works at Siemens.')).toBeVisible(SOON)
  return desk
}

async function openAll(desk: Desk) {
  await desk.facts.getByRole('button', { name: 'Show all' }).click()
  return desk.page.getByRole('dialog', { name: 'What they know about you' })
}

test.describe('what they know about one', { tag: '@chat' }, () => {
  test('Verify facts extraction', async ({ page }) => {
    const desk = await open(page)
    await expect(desk.facts).toContainText('Nothing yet.')
    await desk.say(INTRODUCTION)
    await expect(desk.fact('Is called Ada.')).toContainText('You typed it, today', SOON)
    await expect(desk.fact('Works at Siemens.')).toContainText('You typed it, today')
    await expect(page.locator('[data-announcer]')).toContainText(/^Noted: .*Works at Siemens\./)

    await desk.say('I now work at Bosch')
    await expect(desk.fact('Works at Bosch.')).toContainText('Since today · was “Siemens” until then', SOON)
    await expect(desk.fact('Works at Siemens.')).toHaveCount(0)

    const all = await openAll(desk)
    await expect(all.getByText('Works at Bosch.')).toBeVisible()
    await expect(all.getByText('Works at Siemens.')).toHaveCount(0)
    await all.getByLabel('Also what was true before').check()
    const before = all.locator('[data-current=false]')
    await expect(before).toHaveCount(1)
    await expect(before).toContainText('No longer true: Works at Siemens.')
    await expect(before).toContainText('Until today · you typed it, today')
    await expect(before.locator('s')).toHaveText('Works at Siemens.')
  })

  test('Verify memory persistence', async ({ page }) => {
    const desk = await introduced(page)
    await desk.startAnew()
    await desk.say('What is my name?')
    await expect(desk.theirs.last()).toContainText('Your name is Ada.')
    await page.reload()
    await expect(desk.theirs.last()).toContainText('Your name is Ada.')
    await expect(desk.fact('Is called Ada.')).toBeVisible()
    await expect(desk.fact('Works at Siemens.')).toBeVisible()
  })

  test('a fact leads to the words that prove it, in this conversation and from another', async ({ page }) => {
    const desk = await introduced(page)
    await desk.fact('Works at Siemens.').getByRole('button').click()
    const proof = desk.facts.getByRole('list', { name: 'Where it came from' })
    await expect(proof).toContainText(`“${INTRODUCTION}”`)
    await expect(proof).toContainText(/Typed to Elena, today, \d{1,2}:\d\d/)
    await proof.getByRole('button', { name: 'Open that conversation' }).click()
    await expect(desk.yours.first()).toBeFocused()
    await desk.startAnew()
    await proof.getByRole('button', { name: 'Open that conversation' }).click()
    await expect(desk.yours.first()).toContainText(INTRODUCTION)
    await expect(desk.yours.first()).toBeFocused()
  })

  test('a fact is corrected, and the correction outlasts a reload', async ({ page }) => {
    const desk = await introduced(page)
    await desk.fact('Works at Siemens.').getByRole('button').click()
    await desk.facts.getByRole('button', { name: 'Edit' }).click()
    const field = desk.facts.getByRole('textbox', { name: 'Put it right' })
    await expect(field).toHaveValue('Works at Siemens.')
    await field.fill('Works at Siemens Energy.')
    await desk.facts.getByRole('button', { name: 'Save' }).click()
    await expect(desk.fact('Works at Siemens Energy.')).toContainText('You changed it, today')
    await expect(desk.fact('Works at Siemens Energy.').getByRole('button').first()).toBeFocused()
    await page.reload()
    await expect(desk.fact('Works at Siemens Energy.')).toBeVisible()
    await expect(desk.fact('Works at Siemens.')).toHaveCount(0)
  })

  test('a fact is forgotten for good, and its conversation stays', async ({ page }) => {
    const desk = await introduced(page)
    await desk.fact('Works at Siemens.').getByRole('button').click()
    await desk.facts.getByRole('button', { name: 'Forget' }).click()
    const question = page.getByRole('alertdialog', { name: 'Forget this?' })
    await expect(question).toContainText('Elena and Marcus will no longer use it. The conversation stays in your list until you delete it. This cannot be undone.')
    await question.getByRole('button', { name: 'Forget' }).click()
    await expect(question).toHaveCount(0)
    await expect(desk.fact('Works at Siemens.')).toHaveCount(0)
    await page.reload()
    await expect(desk.yours.first()).toContainText(INTRODUCTION)
    await expect(desk.facts).not.toContainText('Siemens')
    await desk.say(INTRODUCTION)
    // What was forgotten is not learned again from the same words.
    await page.waitForResponse((answer) => answer.url().includes('/memory/facts'))
    await expect(desk.facts).not.toContainText('Siemens')
  })

  test('something is added without a conversation, and used', async ({ page }) => {
    const desk = await open(page)
    await desk.facts.getByRole('button', { name: 'Add something' }).click()
    await desk.facts.getByRole('textbox', { name: 'What should they know?' }).fill('Prefers short answers.')
    await page.keyboard.press('Enter')
    await expect(desk.fact(/short answers/)).toContainText('You added it, today')
    await expect(desk.facts.getByRole('button', { name: 'Add something' })).toBeFocused()
    await page.reload()
    await expect(desk.fact(/short answers/)).toBeVisible()
  })

  test('a change that the service refuses is told, and nothing typed is lost', async ({ page, context }) => {
    const desk = await introduced(page)
    await desk.fact('Works at Siemens.').getByRole('button').click()
    await desk.facts.getByRole('button', { name: 'Edit' }).click()
    await desk.facts.getByRole('textbox').fill('Works at Siemens Energy.')
    await context.setOffline(true)
    await page.keyboard.press('Enter')
    await expect(desk.facts.getByRole('alert')).toContainText('The service could not be reached.')
    await context.setOffline(false)
    await desk.facts.getByRole('button', { name: 'Try again' }).click()
    await expect(desk.fact('Works at Siemens Energy.')).toBeVisible()
  })

  test('a viewer reads and changes nothing', async ({ page }) => {
    const person = somebody()
    const desk = await introduced(page, person)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await new Desk(page).signIn(`dev_${person}_viewer`)
    await desk.fact('Works at Siemens.').getByRole('button').click()
    await expect(desk.facts).toContainText(`“${INTRODUCTION}”`)
    await expect(desk.facts).toContainText('You may read this, not change it.')
    await expect(desk.facts.getByRole('button', { name: /Edit|Forget|Add something/ })).toHaveCount(0)
  })

  test('why an answer: what was recalled for it, and for an earlier one, from the keyboard', async ({ page }) => {
    const desk = await introduced(page)
    await desk.startAnew()
    await desk.say('Thank you')
    await desk.say('What is my name?')
    await expect(desk.recalled).toContainText('Ada')
    await expect(desk.theirs.last().getByRole('button', { name: /^(known|recalled): / }).first()).toBeVisible()
    const why = desk.theirs.first().getByRole('button', { name: 'Why this answer' })
    await why.focus()
    await page.keyboard.press('Enter')
    await expect(why).toHaveAttribute('aria-pressed', 'true')
    await expect(desk.recalled.getByRole('heading')).toBeFocused()
    await desk.recalled.getByRole('button', { name: 'Back to the last answer' }).click()
    await expect(desk.recalled).toContainText('Ada')
    await desk.recalled.getByRole('button', { name: 'Open that conversation' }).first().click()
    await expect(desk.column.locator('[data-turn]:focus')).toContainText('Ada')
  })

  test('what was said is found by its words, and opened where it was said', async ({ page }) => {
    const desk = await open(page)
    await desk.say('The budget of the CRM migration is 200,000 euros')
    await desk.say('We should invite the sales team on Monday')
    await desk.startAnew()
    const search = page.getByRole('searchbox', { name: 'Search what was said' })
    await search.fill('what is the budget')
    const passage = page.getByRole('navigation').locator('[data-passage]').filter({ hasText: 'The budget of the CRM migration' }).filter({ hasText: 'You, in writing' })
    await expect(passage).toBeVisible()
    await passage.focus()
    await page.keyboard.press('Enter')
    await expect(desk.column.locator('[data-turn=user]:focus')).toContainText('200,000 euros')
    await search.press('Escape')
    await expect(search).toHaveValue('')
    await expect(page.getByRole('navigation').getByRole('region', { name: 'Today' })).toBeVisible()
  })

  test('on a phone all of it is a tap away, under the shipped policy', async ({ page }) => {
    const refused = await underShippedPolicy(page)
    await page.setViewportSize({ width: 360, height: 740 })
    const desk = await open(page)
    await desk.say(INTRODUCTION)
    await page.getByRole('button', { name: 'What they know' }).click()
    const sheet = page.getByRole('dialog', { name: 'What they know and why' })
    await expect(sheet.getByText('Works at Siemens.').first()).toBeVisible(SOON)
    await sheet.getByRole('button', { name: 'Show all' }).first().click()
    const all = page.getByRole('dialog', { name: 'What they know about you' })
    await all.getByRole('button', { name: /Works at Siemens/ }).click()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    await all.getByRole('button', { name: 'Open that conversation' }).click()
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(desk.yours.first()).toBeFocused()
    await desk.theirs.first().getByRole('button', { name: 'Why this answer' }).click()
    await expect(sheet.getByRole('heading', { name: 'Recalled for this answer' })).toBeFocused()
    expect(refused).toEqual([])
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1440, 360]) {
      test(`axe finds nothing to complain about, ${colorScheme}, ${width} px wide`, async ({ page }) => {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.setViewportSize({ width, height: 900 })
        const desk = await open(page)
        const scan = async () => (await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`)
        await desk.say(INTRODUCTION)
        await desk.say('I now work at Bosch')
        if (width < 1101) await page.getByRole('button', { name: 'What they know' }).click()
        const panel = width < 1101 ? page.getByRole('dialog', { name: 'What they know and why' }) : page.getByRole('complementary')
        await panel.getByRole('button', { name: /^Works at Bosch/ }).first().click()
        expect(await scan()).toEqual([])
        await panel.getByRole('button', { name: 'Edit' }).click()
        expect(await scan()).toEqual([])
        await page.keyboard.press('Escape')
        await panel.getByRole('button', { name: 'Forget' }).click()
        expect(await scan()).toEqual([])
        await page.getByRole('button', { name: 'Keep it' }).click()
        await panel.getByRole('button', { name: 'Show all' }).first().click()
        const all = page.getByRole('dialog', { name: 'What they know about you' })
        await all.getByLabel('Also what was true before').check()
        await expect(all.locator('[data-current=false]')).toHaveCount(1)
        expect(await scan()).toEqual([])
      })
    }
  }
})
