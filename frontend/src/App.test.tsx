import { render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { App } from './App'
import { CONFIG, events, json, reply, serve, type Answer } from './test/service'

const user = userEvent.setup()
const field = () => screen.findByRole('textbox', { name: 'Your message' })
const column = () => screen.getByRole('region', { name: 'Conversation' })

const failing: Answer = () => json({ type: 'https://e/problems/gateway_unavailable', title: 'The model is unavailable', status: 503, detail: 'Check AZURE_AI_ENDPOINT', retryable: true, request_id: 'req-7' }, 503)
const episode = (id: string, title: string) => ({ id, title, agents: ['elena', 'marcus'], channels: ['chat', 'voice'], turn_count: 2, created_at: new Date().toISOString(), updated_at: new Date().toISOString() })

async function ask(words: string) {
  await user.type(await field(), `${words}{Enter}`)
}

afterEach(() => {
  vi.unstubAllGlobals()
  window.history.replaceState(null, '', '/')
})

describe('typing', () => {
  test('shows the question, streams the answer and ends with the service’s own text', async () => {
    const asked = serve({ '/api/v1/chat': () => events(['delta', { text: 'Par' }], ['delta', { text: 'is' }], ['done', reply('It is Paris.')]) })
    render(<App />)
    await ask('What is the capital of France?')
    expect(await within(column()).findByText('It is Paris.')).toBeInTheDocument()
    expect(within(column()).getByText('What is the capital of France?')).toBeInTheDocument()
    const sent = asked.find(({ path }) => path === '/api/v1/chat')
    expect(JSON.parse(String(sent?.init.body))).toEqual({ content: 'What is the capital of France?', agent_id: 'elena', session_id: sessionStorage.getItem('engram_session_id') })
    expect(await field()).toHaveValue('')
    expect(await field()).toHaveFocus()
  })

  test('shows measured numbers of the answer and nothing before there is one', async () => {
    serve({ '/api/v1/chat': () => events(['done', reply('Yes.')]) })
    render(<App />)
    await field()
    expect(screen.queryByText('Last typed answer')).not.toBeInTheDocument()
    await ask('Hello')
    expect(await screen.findByText('137 ms')).toBeInTheDocument()
    expect(screen.getByText('42')).toBeInTheDocument()
  })

  test('announces the finished answer to screen readers', async () => {
    serve({ '/api/v1/chat': () => events(['done', reply('It is Paris.')]) })
    render(<App />)
    await ask('Hello')
    await screen.findByText('Elena: It is Paris.')
    expect(screen.getByText('Elena: It is Paris.').closest('[aria-live]')).toHaveAttribute('aria-live', 'polite')
  })

  test('shows the sources that were recalled, with their words', async () => {
    const recalled = [{ turn_id: 't1', session_id: 'other', said_at: '2026-05-12T10:00:00Z', excerpt: 'The budget covers one contractor' }]
    serve({ '/api/v1/chat': () => events(['done', reply('One contractor.', { recalled })]) })
    render(<App />)
    await ask('Budget?')
    await user.click(await screen.findByRole('button', { name: /recalled: The budget covers one/ }))
    expect((await screen.findAllByText('“The budget covers one contractor”')).length).toBeGreaterThan(0)
  })

  test('renders markup of an answer as plain text', async () => {
    serve({ '/api/v1/chat': () => events(['done', reply('<img src=x onerror=alert(1)> and **bold**')]) })
    const { container } = render(<App />)
    await ask('Hello')
    expect(await within(column()).findByText(/<img src=x/)).toBeInTheDocument()
    expect(container.querySelector('img')).toBeNull()
    expect(within(column()).getByText('bold').tagName).toBe('STRONG')
  })

  test('makes a new line with Shift+Enter and sends nothing', async () => {
    const asked = serve()
    render(<App />)
    await user.type(await field(), 'one{Shift>}{Enter}{/Shift}two')
    expect(await field()).toHaveValue('one\ntwo')
    expect(asked.some(({ path }) => path === '/api/v1/chat')).toBe(false)
  })

  test('refuses what is too long before sending it, and keeps it', async () => {
    const asked = serve()
    render(<App />)
    const box = await field()
    await user.click(box)
    await user.paste('x'.repeat(32_001))
    await user.keyboard('{Enter}')
    expect(screen.getByText(/1 characters too long/)).toBeInTheDocument()
    expect(box).toHaveValue('x'.repeat(32_001))
    expect(asked.some(({ path }) => path === '/api/v1/chat')).toBe(false)
  })
})

describe('when an answer fails', () => {
  test('says what happened, what is safe and what to do, and sends the same words again on Retry', async () => {
    let answer = failing
    const asked = serve({ '/api/v1/chat': (request) => answer(request) })
    render(<App />)
    await ask('Keep these words')
    const alert = await screen.findByRole('alert')
    expect(alert).toHaveTextContent('The model is unavailable. Check AZURE_AI_ENDPOINT. Your message is kept here.')
    expect(alert).toHaveTextContent('req-7')
    answer = () => events(['done', reply('Here I am.')])
    await user.click(within(alert).getByRole('button', { name: 'Retry' }))
    expect(await within(column()).findByText('Here I am.')).toBeInTheDocument()
    expect(screen.queryByRole('alert')).not.toBeInTheDocument()
    const bodies = asked.filter(({ path }) => path === '/api/v1/chat').map(({ init }) => JSON.parse(String(init.body)).content)
    expect(bodies).toEqual(['Keep these words', 'Keep these words'])
    expect(within(column()).getAllByText('Keep these words')).toHaveLength(1)
  })

  test('gives the words back to the text field on request', async () => {
    serve({ '/api/v1/chat': failing })
    render(<App />)
    await ask('Almost right')
    await user.click(await screen.findByRole('button', { name: 'Change the message' }))
    expect(await field()).toHaveValue('Almost right')
    expect(within(column()).queryByText('Almost right')).not.toBeInTheDocument()
  })

  test('never shows a broken-off stream as an answer', async () => {
    serve({ '/api/v1/chat': () => events(['delta', { text: 'Half an ans' }]) })
    render(<App />)
    await ask('Hello')
    expect(await screen.findByRole('alert')).toHaveTextContent('The answer stopped before it was complete.')
    expect(within(column()).queryByText(/Half an ans/)).not.toBeInTheDocument()
  })
})

describe('stopping an answer', () => {
  test('closes the connection and keeps what was said', async () => {
    let signal: AbortSignal | null | undefined
    serve({
      '/api/v1/chat': ({ init }) => {
        signal = init.signal
        const body = new ReadableStream({
          start(stream) {
            stream.enqueue(new TextEncoder().encode('event: delta\ndata: {"text":"A long "}\n\n'))
            init.signal?.addEventListener('abort', () => stream.error(new DOMException('aborted', 'AbortError')))
          },
        })
        return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
      },
    })
    render(<App />)
    await ask('Tell me a story')
    await within(column()).findByText(/A long/)
    await user.click(screen.getByRole('button', { name: 'Stop the answer' }))
    expect(await screen.findByText('You stopped this answer.')).toBeInTheDocument()
    expect(signal?.aborted).toBe(true)
    expect(within(column()).getByText(/A long/)).toBeInTheDocument()
  })
})

describe('assistants', () => {
  test('are chosen by arrow keys, and the next message goes to the chosen one', async () => {
    const asked = serve({ '/api/v1/chat': () => events(['done', reply('Marcus here.', { agent_id: 'marcus', agent_name: 'Marcus' })]) })
    render(<App />)
    const elena = await screen.findByRole('radio', { name: 'Elena' })
    expect(elena).toBeChecked()
    elena.focus()
    await user.keyboard('{ArrowRight}')
    await waitFor(() => expect(screen.getByRole('radio', { name: 'Marcus' })).toBeChecked())
    await ask('Hello')
    await within(column()).findByText('Marcus here.')
    expect(JSON.parse(String(asked.find(({ path }) => path === '/api/v1/chat')?.init.body)).agent_id).toBe('marcus')
  })
})

describe('earlier conversations', () => {
  test('are listed with more on demand and opened with what was said in them', async () => {
    const turn = { id: 't1', role: 'assistant', content: 'Scope first.', unheard: 'Then the plan', interrupted: true, agent_id: 'elena', channel: 'voice', timestamp: new Date().toISOString() }
    serve({
      '/api/v1/memory/episodes/old': () => json({ id: 'old', transcript: [turn] }),
      '/api/v1/memory/episodes/': () => json({ title: 'Not found', status: 404 }, 404),
      '/api/v1/memory/episodes': ({ url }) => json(url.searchParams.get('cursor') ? { episodes: [episode('older', 'Older')], next_cursor: null } : { episodes: [episode('old', 'CRM scope')], next_cursor: 'c2' }),
    })
    render(<App />)
    const link = await screen.findByRole('button', { name: /CRM scope/ })
    expect(link).toHaveTextContent('Elena, Marcus · voice and chat')
    await user.click(screen.getByRole('button', { name: 'Show earlier ones' }))
    await screen.findByRole('button', { name: /Older/ })
    await user.click(link)
    expect(await within(column()).findByText('Then the plan')).toBeInTheDocument()
    expect(within(column()).getByText('Then the plan').tagName).toBe('EM')
    expect(screen.getByText('You came in here. What is in italics was not heard.')).toBeInTheDocument()
    expect(sessionStorage.getItem('engram_session_id')).toBe('old')
    expect(link).toHaveAttribute('aria-current', 'true')
  })

  test('that cannot be loaded say so and offer a retry, and one can go on talking', async () => {
    let down = true
    serve({ '/api/v1/memory/episodes': () => (down ? json({ title: 'Memory is down', status: 500, detail: 'Try later', retryable: false }, 500) : json({ episodes: [episode('old', 'CRM scope')], next_cursor: null })) })
    render(<App />)
    expect(await screen.findByText('Earlier conversations could not be loaded.')).toBeInTheDocument()
    expect(await field()).toBeEnabled()
    down = false
    await user.click(within(screen.getByRole('navigation')).getByRole('button', { name: 'Retry' }))
    expect(await screen.findByRole('button', { name: /CRM scope/ })).toBeInTheDocument()
  })

  test('are left by a new conversation', async () => {
    serve({ '/api/v1/chat': () => events(['done', reply('Yes.')]) })
    render(<App />)
    await ask('Hello')
    await within(column()).findByText('Yes.')
    const before = sessionStorage.getItem('engram_session_id')
    await user.click(screen.getByRole('button', { name: 'New conversation' }))
    expect(await within(column()).findByText('Hello, I am Elena.')).toBeInTheDocument()
    expect(within(column()).queryByText('Yes.')).not.toBeInTheDocument()
    expect(sessionStorage.getItem('engram_session_id')).not.toBe(before)
  })
})

describe('what the service says about itself', () => {
  test('is shown only when it is true', async () => {
    serve({}, { ...CONFIG, memory: { enabled: true }, recording: { enabled: false } })
    const { unmount } = render(<App />)
    expect(await screen.findByText('Memory on')).toBeInTheDocument()
    expect(screen.getByText('Not recorded')).toBeInTheDocument()
    unmount()
    serve()
    render(<App />)
    await field()
    expect(screen.queryByText('Memory on')).not.toBeInTheDocument()
    expect(screen.queryByText('Not recorded')).not.toBeInTheDocument()
  })

  test('that calls are not set up comes with the remedy, and there is no dead call button', async () => {
    serve({}, { ...CONFIG, voice: { configured: false, remedy: 'Set AZURE_VOICELIVE_ENDPOINT.' } })
    render(<App />)
    expect(await screen.findByText(/Set AZURE_VOICELIVE_ENDPOINT/, { selector: '[data-missing]' })).toHaveTextContent('Calls are not set up. Set AZURE_VOICELIVE_ENDPOINT.')
    expect(screen.queryByRole('button', { name: 'Call Elena' })).not.toBeInTheDocument()
  })

  test('that typed answers are not set up keeps what is typed from being lost', async () => {
    const asked = serve({}, { ...CONFIG, chat: { configured: false, remedy: 'Set AZURE_AI_ENDPOINT.' } })
    render(<App />)
    await ask('Hello')
    expect(screen.getByText(/Set AZURE_AI_ENDPOINT/, { selector: '[data-missing]' })).toHaveTextContent('Typed answers are not set up. Set AZURE_AI_ENDPOINT.')
    expect(await field()).toHaveValue('Hello')
    expect(asked.some(({ path }) => path === '/api/v1/chat')).toBe(false)
  })

  test('nothing at all, with a retry that helps once it is back', async () => {
    let down = true
    serve({
      '/api/v1/config': () => {
        if (down) throw new TypeError('Failed to fetch')
        return json(CONFIG)
      },
    })
    render(<App />)
    expect(await screen.findByRole('alert', {}, { timeout: 3000 })).toHaveTextContent('The service could not be reached.')
    down = false
    await user.click(screen.getByRole('button', { name: 'Retry' }))
    expect(await field()).toBeInTheDocument()
  })

  test('with a page instead of an answer is told apart from Engram', async () => {
    serve({ '/api/v1/config': () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } }) })
    render(<App />)
    expect(await screen.findByRole('alert', {}, { timeout: 3000 })).toHaveTextContent('not as Engram does')
  })
})

describe('signing in with a development token', () => {
  const devTokens = { ...CONFIG, auth_mode: 'dev_tokens' }

  test('asks first, keeps the token in the tab and sends it', async () => {
    const asked = serve({}, devTokens)
    render(<App />)
    await user.type(await screen.findByLabelText('Development token'), 'dev_alice_analyst{Enter}')
    expect(await field()).toBeInTheDocument()
    expect(screen.getByText('Alice · analyst')).toBeInTheDocument()
    expect(sessionStorage.getItem('engram_token')).toBe('dev_alice_analyst')
    const episodes = asked.find(({ path }) => path.startsWith('/api/v1/memory/episodes?'))
    expect(new Headers(episodes?.init.headers).get('Authorization')).toBe('Bearer dev_alice_analyst')
  })

  test('says what form a token has', async () => {
    serve({}, devTokens)
    render(<App />)
    await user.type(await screen.findByLabelText('Development token'), 'alice{Enter}')
    expect(screen.getByRole('alert')).toHaveTextContent('dev_<name>_<role>')
  })

  test('asks again when the service does not accept the token', async () => {
    sessionStorage.setItem('engram_token', 'dev_alice_analyst')
    serve({ '/api/v1/memory/episodes': () => json({ title: 'Invalid token', status: 401 }, 401) }, devTokens)
    render(<App />)
    expect(await screen.findByText('The service did not accept your token. Sign in again.')).toBeInTheDocument()
  })

  test('ends with signing out', async () => {
    sessionStorage.setItem('engram_token', 'dev_alice_analyst')
    serve({}, devTokens)
    render(<App />)
    await user.click(await screen.findByRole('button', { name: 'Sign out' }))
    expect(await screen.findByLabelText('Development token')).toBeInTheDocument()
  })
})

describe('the /voice address', () => {
  test('opens the page with the call offered', async () => {
    window.history.replaceState(null, '', '/voice')
    serve()
    render(<App />)
    expect(await screen.findByText('Elena is ready to talk')).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Call Elena' })).toBeInTheDocument()
  })
})

describe('dictation', () => {
  test('says why it is not there in a browser without it', async () => {
    serve()
    render(<App />)
    const button = await screen.findByRole('button', { name: /^Dictate\. This browser cannot take dictation/ })
    expect(button).toHaveAttribute('aria-disabled', 'true')
  })

  test('writes what is said behind what was typed, and says why it stopped', async () => {
    class Recognition {
      static last: Recognition
      onresult: ((event: unknown) => void) | null = null
      onerror: ((event: unknown) => void) | null = null
      onend: (() => void) | null = null
      constructor() {
        Recognition.last = this
      }
      start() {}
      stop() {
        this.onend?.()
      }
      abort() {}
    }
    vi.stubGlobal('webkitSpeechRecognition', Recognition)
    serve()
    render(<App />)
    await user.type(await field(), 'Note:')
    await user.click(screen.getByRole('button', { name: 'Dictate' }))
    Recognition.last.onresult?.({ results: [{ isFinal: true, 0: { transcript: 'call Ada' } }, { isFinal: false, 0: { transcript: ' on Monday' } }] })
    await waitFor(async () => expect(await field()).toHaveValue('Note: call Ada on Monday'))
    Recognition.last.onerror?.({ error: 'network' })
    Recognition.last.onend?.()
    expect(await screen.findByText(/speech recognition could not be reached/)).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Dictate' })).toHaveAttribute('aria-pressed', 'false')
  })
})
