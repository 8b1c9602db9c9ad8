import { render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { App } from '../App'
import type { StoredTurn } from '../api/types'
import { CONFIG, events, fact, factStore, foundTurn, json, proof, reply, serve, type Answer } from '../test/service'

const user = userEvent.setup()
const panel = () => screen.findByRole('region', { name: 'What they know about you' })
const column = () => screen.getByRole('region', { name: 'Conversation' })
const field = () => screen.findByRole('textbox', { name: 'Your message' })
const refused: Answer = () => json({ title: 'The store is busy', status: 503, detail: 'Try again in a minute', retryable: true, request_id: 'req-9' }, 503)
const bodies = (asked: ReturnType<typeof serve>, method: string) => asked.filter(({ init }) => init.method === method && !String(init.body).includes('agent_id')).map(({ path, init }) => [path, init.body ? JSON.parse(String(init.body)) : null])

const turn = (id: string, role: 'user' | 'assistant', content: string): StoredTurn => ({ id, role, content, unheard: '', interrupted: false, agent_id: 'elena', channel: 'chat', timestamp: '2026-05-12T10:00:00Z' })
const OLD = { id: 'old', transcript: [turn('t1', 'user', 'I work at Siemens'), turn('a1', 'assistant', 'Noted, Siemens.'), turn('t2', 'user', 'And the plan?'), turn('a2', 'assistant', 'The plan stands.')] }

/** A screen on which the side panel stands beside the column. */
function wide() {
  vi.stubGlobal('matchMedia', (media: string) => ({ matches: true, media, addEventListener: () => undefined, removeEventListener: () => undefined }))
}

async function openFact(name: RegExp) {
  const row = await within(await panel()).findByRole('button', { name })
  await user.click(row)
  return row
}

const searchBox = () => screen.findByRole('searchbox', { name: 'Search what was said' })

const manyFacts = () =>
  factStore([
    fact('f', 'Works at Bosch.', { replaces: { id: 'o', text: 'Works at Siemens.' } }),
    fact('p', 'Prefers short answers.', { kind: 'preference' }),
    fact('o', 'Works at Siemens.', { current: false, superseded_at: new Date().toISOString() }),
    ...Array.from({ length: 45 }, (_, index) => fact(`e${index}`, `Event ${index}.`, { kind: 'event' })),
  ])

async function openAll() {
  render(<App />)
  await user.click(await within(await panel()).findByRole('button', { name: 'Show all' }))
  return within(await screen.findByRole('dialog', { name: 'What they know about you' }))
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('what they know about you', () => {
  test('is listed newest first, each with where it came from, and the rest on demand', async () => {
    const many = Array.from({ length: 10 }, (_, index) => fact(`f${index}`, `Fact number ${index}.`))
    serve(factStore([fact('now', 'Works at Bosch.', { replaces: { id: 'x', text: 'Works at Siemens.' } }), ...many]).routes)
    render(<App />)
    const list = await within(await panel()).findByRole('list')
    expect(within(list).getAllByRole('listitem')).toHaveLength(8)
    expect(within(list).getAllByRole('listitem')[0]).toHaveTextContent('Works at Bosch.Since today · was “Siemens” until then')
    await user.click(within(await panel()).getByRole('button', { name: 'Show all' }))
    const dialog = await screen.findByRole('dialog', { name: 'What they know about you' })
    expect(await within(dialog).findByText('Fact number 9.')).toBeInTheDocument()
  })

  test('says so when there is nothing yet', async () => {
    serve()
    render(<App />)
    expect(await within(await panel()).findByText(/Nothing yet\. Tell Elena or Marcus/)).toBeInTheDocument()
  })

  test('says what is wrong when it cannot be read, and reads again on Retry', async () => {
    let down = true
    const store = factStore([fact('f', 'Works at Siemens.')])
    serve({ '/api/v1/memory/facts': (request) => (down ? json({ title: 'Memory is down', status: 500, detail: 'Try later', retryable: false }, 500) : store.routes['/api/v1/memory/facts'](request)) })
    render(<App />)
    expect(await within(await panel()).findByText(/Try later\. What they know is safe\./)).toBeInTheDocument()
    down = false
    await user.click(within(await panel()).getByRole('button', { name: 'Retry' }))
    expect(await within(await panel()).findByText('Works at Siemens.')).toBeInTheDocument()
  })

  test('is not there where memory is off', async () => {
    serve({}, { ...CONFIG, memory: { enabled: false } })
    render(<App />)
    await field()
    expect(screen.queryByRole('region', { name: 'What they know about you' })).not.toBeInTheDocument()
    expect(screen.queryByRole('searchbox')).not.toBeInTheDocument()
  })

  test('grows after an answer and is announced once, while it is on the screen', async () => {
    wide()
    const store = factStore([fact('f0', 'Lives in Munich.', { recorded_at: '2026-05-01T10:00:00Z' })])
    serve({
      ...store.routes,
      '/api/v1/chat': () => {
        store.learn(fact('f1', 'Is called Ada.', { recorded_at: '2026-05-20T10:00:00Z' }), fact('f2', 'Works at Siemens.', { recorded_at: '2026-05-20T10:00:00Z' }))
        return events(['done', reply('Good to meet you.')])
      },
    })
    render(<App />)
    await within(await panel()).findByText('Lives in Munich.')
    await user.type(await field(), 'My name is Ada and I work at Siemens{Enter}')
    expect(await within(await panel()).findByText('Is called Ada.')).toBeInTheDocument()
    expect(within(await panel()).getByText('Works at Siemens.')).toBeInTheDocument()
    expect(screen.getByText('Noted: Is called Ada. Works at Siemens.').closest('[aria-live]')).toHaveAttribute('aria-live', 'polite')
  })

  test('is not announced where the panel is out of sight', async () => {
    const store = factStore([])
    serve({
      ...store.routes,
      '/api/v1/chat': () => {
        store.learn(fact('f1', 'Is called Ada.'))
        return events(['done', reply('Good to meet you.')])
      },
    })
    render(<App />)
    await user.type(await field(), 'My name is Ada{Enter}')
    expect(await within(await panel()).findByText('Is called Ada.')).toBeInTheDocument()
    expect(screen.queryByText(/^Noted:/)).not.toBeInTheDocument()
  })
})

describe('a fact', () => {
  test('opens to its proof, which leads to the turn that said it', async () => {
    serve({ ...factStore([fact('f', 'Works at Siemens.', { confidence: 0.5, provenance: [proof({ channel: 'voice' })] })]).routes, '/api/v1/memory/episodes/old': () => json(OLD) })
    render(<App />)
    const row = await openFact(/Works at Siemens/)
    expect(row).toHaveAttribute('aria-expanded', 'true')
    const proofs = within(await panel()).getByRole('list', { name: 'Where it came from' })
    expect(proofs).toHaveTextContent(/“I work at Siemens”Said aloud to Elena, today, /)
    expect(within(await panel()).getByText(/They are not sure of this/)).toBeInTheDocument()
    await user.click(within(proofs).getByRole('button', { name: 'Open that conversation' }))
    await waitFor(() => expect(document.activeElement).toHaveAttribute('id', 'turn-t1'))
    expect(sessionStorage.getItem('engram_session_id')).toBe('old')
  })

  test('is corrected in place; what it was stays told', async () => {
    const asked = serve(factStore([fact('f', 'Works at Siemens.')]).routes)
    render(<App />)
    await openFact(/Works at Siemens/)
    await user.click(within(await panel()).getByRole('button', { name: 'Edit' }))
    const box = within(await panel()).getByRole('textbox', { name: 'Put it right' })
    expect(box).toHaveFocus()
    await user.clear(box)
    await user.type(box, 'Works at Bosch.{Enter}')
    const row = await within(await panel()).findByRole('button', { name: /Works at Bosch\..*was “Siemens”/ })
    await waitFor(() => expect(row).toHaveFocus())
    expect(bodies(asked, 'PATCH')).toEqual([['/api/v1/memory/facts/f', { text: 'Works at Bosch.' }]])
    expect(screen.getByText('Saved: Works at Bosch.')).toBeInTheDocument()
  })

  test('stays as it was when the correction fails, and the words are kept for another try', async () => {
    let down = true
    const store = factStore([fact('f', 'Works at Siemens.')])
    serve({ ...store.routes, '/api/v1/memory/facts/': (request) => (down ? refused(request) : store.routes['/api/v1/memory/facts/'](request)) })
    render(<App />)
    await openFact(/Works at Siemens/)
    await user.click(within(await panel()).getByRole('button', { name: 'Edit' }))
    await user.type(within(await panel()).getByRole('textbox'), ' Since May.{Enter}')
    expect(await screen.findByRole('alert')).toHaveTextContent('The store is busy. Try again in a minute. Nothing was changed; your words are still here.For support: req-9')
    expect(within(await panel()).getByRole('textbox')).toHaveValue('Works at Siemens. Since May.')
    down = false
    await user.click(within(await panel()).getByRole('button', { name: 'Try again' }))
    expect(await within(await panel()).findByText('Works at Siemens. Since May.')).toBeInTheDocument()
  })

  test('is left as it was by Cancel and by Escape', async () => {
    const asked = serve(factStore([fact('f', 'Works at Siemens.')]).routes)
    render(<App />)
    const row = await openFact(/Works at Siemens/)
    for (const leave of [() => user.keyboard('{Escape}'), async () => user.click(within(await panel()).getByRole('button', { name: 'Cancel' }))]) {
      await user.click(within(await panel()).getByRole('button', { name: 'Edit' }))
      await user.keyboard('x')
      await leave()
      expect(row).toHaveFocus()
    }
    expect(bodies(asked, 'PATCH')).toEqual([])
  })

  test('is forgotten after one question that says what that means, and the focus goes to the next', async () => {
    const asked = serve(factStore([fact('f', 'Works at Siemens.'), fact('g', 'Lives in Munich.')]).routes)
    render(<App />)
    await openFact(/Works at Siemens/)
    await user.click(within(await panel()).getByRole('button', { name: 'Forget' }))
    const question = await screen.findByRole('alertdialog', { name: 'Forget this?' })
    expect(question).toHaveTextContent('Elena and Marcus will no longer use it. The conversation stays in your list until you delete it. This cannot be undone.')
    await user.click(within(question).getByRole('button', { name: 'Keep it' }))
    expect(bodies(asked, 'DELETE')).toEqual([])
    await user.click(within(await panel()).getByRole('button', { name: 'Forget' }))
    await user.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Forget' }))
    await waitFor(() => expect(screen.queryByText('Works at Siemens.')).not.toBeInTheDocument())
    expect(bodies(asked, 'DELETE')).toEqual([['/api/v1/memory/facts/f', null]])
    await waitFor(async () => expect(within(await panel()).getByRole('button', { name: /Lives in Munich/ })).toHaveFocus())
  })

  test('that could not be forgotten is still there, and the question says why', async () => {
    serve({ ...factStore([fact('f', 'Works at Siemens.')]).routes, '/api/v1/memory/facts/': refused })
    render(<App />)
    await openFact(/Works at Siemens/)
    await user.click(within(await panel()).getByRole('button', { name: 'Forget' }))
    await user.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Forget' }))
    const question = await screen.findByRole('alertdialog')
    await waitFor(() => expect(question).toHaveTextContent('The store is busy. Try again in a minute. It was not forgotten.'))
    await user.click(within(question).getByRole('button', { name: 'Keep it' }))
    expect(within(await panel()).getByText('Works at Siemens.')).toBeInTheDocument()
  })

  test('is added in the person’s own words', async () => {
    const asked = serve(factStore([]).routes)
    render(<App />)
    await user.click(await within(await panel()).findByRole('button', { name: 'Add something' }))
    await user.type(within(await panel()).getByRole('textbox', { name: 'What should they know?' }), 'I prefer short answers.')
    await user.click(within(await panel()).getByRole('button', { name: 'Save' }))
    expect(await within(await panel()).findByRole('button', { name: /I prefer short answers\..*You added it, today/ })).toBeInTheDocument()
    expect(bodies(asked, 'POST')).toEqual([['/api/v1/memory/facts', { text: 'I prefer short answers.' }]])
    expect(within(await panel()).getByRole('button', { name: 'Add something' })).toHaveFocus()
  })

  test('can be read by a viewer, not changed', async () => {
    sessionStorage.setItem('engram_token', 'dev_ada_viewer')
    serve(factStore([fact('f', 'Works at Siemens.')]).routes, { ...CONFIG, auth_mode: 'dev_tokens' })
    render(<App />)
    await openFact(/Works at Siemens/)
    expect(within(await panel()).getByText('“I work at Siemens”')).toBeInTheDocument()
    for (const name of ['Edit', 'Forget', 'Add something']) expect(screen.queryByRole('button', { name })).not.toBeInTheDocument()
    expect(within(await panel()).getByText('You may read this, not change it.')).toBeInTheDocument()
  })
})

describe('all they know', () => {
  test('is searched, filtered by kind and paged', async () => {
    serve(manyFacts().routes)
    const dialog = await openAll()
    await user.click(await dialog.findByRole('button', { name: 'Show older ones' }))
    expect(await dialog.findByText('Event 44.')).toBeInTheDocument()
    await user.click(dialog.getByRole('radio', { name: 'Preferences' }))
    await waitFor(() => expect(dialog.queryByText('Works at Bosch.')).not.toBeInTheDocument())
    expect(dialog.getByText('Prefers short answers.')).toBeInTheDocument()
    await user.click(dialog.getByRole('radio', { name: 'All' }))
    await user.type(dialog.getByRole('searchbox'), 'bosch')
    await waitFor(() => expect(dialog.queryByText('Prefers short answers.')).not.toBeInTheDocument())
    expect(dialog.getByText('Works at Bosch.')).toBeInTheDocument()
    await user.type(dialog.getByRole('searchbox'), ' zzz')
    expect(await dialog.findByText(/They know nothing that fits/)).toBeInTheDocument()
    await user.keyboard('{Escape}')
    expect(dialog.getByRole('searchbox')).toHaveValue('')
    expect(await dialog.findByText('Works at Bosch.')).toBeInTheDocument()
  })

  test('shows on request what was true before, struck out, dated and said', async () => {
    serve(manyFacts().routes)
    const dialog = await openAll()
    await dialog.findByText('Works at Bosch.')
    expect(dialog.queryByText('Works at Siemens.')).not.toBeInTheDocument()
    await user.click(dialog.getByRole('checkbox', { name: 'Also what was true before' }))
    const before = await dialog.findByRole('button', { name: /No longer true:\s*Works at Siemens\.\s*Until today/ })
    expect(within(before).getByText('Works at Siemens.').tagName).toBe('S')
    await user.click(before)
    expect(dialog.getByRole('button', { name: 'Forget' })).toBeInTheDocument()
    expect(dialog.queryByRole('button', { name: 'Edit' })).not.toBeInTheDocument()
  })

  test('leads to a conversation and closes', async () => {
    serve({ ...manyFacts().routes, '/api/v1/memory/episodes/old': () => json(OLD) })
    const dialog = await openAll()
    await user.click(await dialog.findByRole('button', { name: /Works at Bosch/ }))
    await user.click(dialog.getByRole('button', { name: 'Open that conversation' }))
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
    expect(await within(column()).findByText('I work at Siemens')).toBeInTheDocument()
  })
})

describe('why an answer', () => {
  const whys: Record<string, Answer> = {
    '/api/v1/memory/why/a1': () => json({ turn_id: 'a1', facts: [fact('f', 'Works at Siemens.')], passages: [foundTurn('p1', 'Siemens since March', { role: 'assistant' })] }),
    '/api/v1/memory/why/a2': () => json({ turn_id: 'a2', facts: [], passages: [] }),
    '/api/v1/memory/episodes/old': () => json(OLD),
  }

  test('is told for any earlier answer, with facts and passages and the way to them', async () => {
    wide()
    sessionStorage.setItem('engram_session_id', 'old')
    serve(whys)
    render(<App />)
    const section = await screen.findByRole('region', { name: 'Recalled for this answer' })
    expect(await within(section).findByText('This answer needed nothing from earlier.')).toBeInTheDocument()
    const [first, second] = screen.getAllByRole('button', { name: 'Why this answer' })
    first?.focus()
    await user.keyboard('{Enter}')
    expect(await within(section).findByText('Works at Siemens.')).toBeInTheDocument()
    expect(within(section).getByText('“Siemens since March”')).toBeInTheDocument()
    expect(within(section).getByText(/^Elena, /)).toBeInTheDocument()
    expect(first).toHaveAttribute('aria-pressed', 'true')
    expect(second).toHaveAttribute('aria-pressed', 'false')
    await waitFor(() => expect(within(section).getByRole('heading')).toHaveFocus())
    expect(within(column()).getByRole('button', { name: 'known: Works at Siemens' })).toBeInTheDocument()
    await user.click(within(section).getByRole('button', { name: 'Back to the last answer' }))
    expect(await within(section).findByText('This answer needed nothing from earlier.')).toBeInTheDocument()
  })

  test('opens in the sheet where the panel has fallen away', async () => {
    sessionStorage.setItem('engram_session_id', 'old')
    serve(whys)
    render(<App />)
    await user.click((await screen.findAllByRole('button', { name: 'Why this answer' }))[0] as HTMLElement)
    const sheet = await screen.findByRole('dialog', { name: 'What they know and why' })
    expect(await within(sheet).findByText('“Siemens since March”')).toBeInTheDocument()
  })

  test('is told for a fresh answer by itself, and a fact that was used is a chip', async () => {
    serve({
      '/api/v1/chat': () => events(['done', reply('At Siemens.', { message_id: 'm7', recalled: [{ turn_id: 't1', session_id: 'old', said_at: '2026-05-12T10:00:00Z', excerpt: 'I work at Siemens' }] })]),
      '/api/v1/memory/why/m7': () => json({ turn_id: 'm7', facts: [fact('f', 'Works at Siemens.')], passages: [foundTurn('t1', 'I work at Siemens')] }),
    })
    render(<App />)
    await user.type(await field(), 'Where do I work?{Enter}')
    const chip = await within(column()).findByRole('button', { name: 'known: Works at Siemens' })
    expect(within(column()).getByRole('button', { name: /^recalled: I work at Siemens/ })).toBeInTheDocument()
    await user.click(chip)
    expect((await screen.findAllByText('You typed it, today')).length).toBeGreaterThan(0)
  })
})

describe('searching what was said', () => {
  const found = { supported: true, facts: [], passages: [foundTurn('t2', 'And the plan?'), foundTurn('a2', 'The plan stands.', { role: 'assistant' })], understood: { periods: [], speakers: [], agents: [] } }

  test('shows passages with who and when, and opens the conversation at the turn', async () => {
    const asked = serve({ '/api/v1/memory/search': () => json(found), '/api/v1/memory/episodes/old': () => json(OLD) })
    render(<App />)
    await user.type(await searchBox(), 'plan')
    const passage = await screen.findByRole('button', { name: /^And the plan\?\s*You, in writing · / })
    expect(screen.getByText('2 passages')).toBeInTheDocument()
    expect(bodies(asked, 'POST')).toEqual([['/api/v1/memory/search', { query: 'plan', limit: 12 }]])
    await user.click(passage)
    await waitFor(() => expect(document.activeElement).toHaveAttribute('id', 'turn-t2'))
  })

  test('says what it found nothing for, and what it is not sure of', async () => {
    let answer: object = { ...found, passages: [] }
    serve({ '/api/v1/memory/search': () => json(answer) })
    render(<App />)
    await user.type(await searchBox(), 'elephants')
    expect(await screen.findByText('Nothing was found. Try other words.')).toBeInTheDocument()
    answer = { ...found, supported: false }
    await user.type(await searchBox(), ' and mice')
    expect(await screen.findByText('Nothing you said seems to answer that. The nearest:')).toBeInTheDocument()
    await user.keyboard('{Escape}')
    expect(await searchBox()).toHaveValue('')
    expect(await screen.findByText('What you say and type will be listed here.')).toBeInTheDocument()
  })

  test('says why it did not work and tries again', async () => {
    let down = true
    serve({ '/api/v1/memory/search': () => (down ? json({ title: 'Memory is down', status: 500, retryable: false }, 500) : json(found)) })
    render(<App />)
    await user.type(await searchBox(), 'plan')
    expect(await screen.findByText('The search did not work.')).toBeInTheDocument()
    down = false
    await user.click(screen.getByRole('button', { name: 'Retry' }))
    expect(await screen.findByText('The plan stands.')).toBeInTheDocument()
  })
})
