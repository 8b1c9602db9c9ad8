/** A small service for component tests: answers by path, remembers what was asked. Nothing of it is shipped. */
import { vi } from 'vitest'
import type { Agent, Config, Fact, FoundTurn, Proof } from '../api/types'

export const CONFIG: Config = {
  auth_mode: 'none',
  level: 'poc',
  environment: 'development',
  chat: { configured: true },
  voice: { configured: true },
}

export const AGENTS: Agent[] = [
  { id: 'elena', name: 'Elena', title: 'Business Analyst', expertise: ['requirements', 'scope'], greeting: 'Hello, I am Elena.', colour: { light: '#0b6b63', dark: '#5cc7b9' }, voice_name: 'v1' },
  { id: 'marcus', name: 'Marcus', title: 'Project Manager', expertise: ['plans'], greeting: 'Marcus here.', colour: { light: '#a34a12', dark: '#f0a36b' }, voice_name: 'v2' },
]

export type Answer = (request: { url: URL; init: RequestInit }) => Response | Promise<Response>

export const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' } })

/** Server-sent events as one body. */
export const events = (...list: [name: string, data: unknown][]) =>
  new Response(list.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join(''), { headers: { 'Content-Type': 'text/event-stream' } })

export const reply = (content: string, more: object = {}) => ({
  message_id: 'm1',
  content,
  agent_id: 'elena',
  agent_name: 'Elena',
  session_id: 's1',
  timestamp: new Date().toISOString(),
  tokens_used: 42,
  latency_ms: 137,
  recalled: [],
  ...more,
})

export const proof = (more: Partial<Proof> = {}): Proof => ({ turn_id: 't1', session_id: 'old', channel: 'chat', agent_id: 'elena', said_at: new Date().toISOString(), quote: 'I work at Siemens', ...more })

export const fact = (id: string, text: string, more: Partial<Fact> = {}): Fact => ({
  id,
  text,
  subject: 'user',
  predicate: 'employer',
  value: '',
  kind: 'profile',
  source: 'rule',
  confidence: 1,
  valid_from: null,
  valid_to: null,
  recorded_at: new Date().toISOString(),
  superseded_at: null,
  superseded_by: null,
  current: true,
  replaces: null,
  provenance: [proof()],
  ...more,
})

export const foundTurn = (turn_id: string, content: string, more: Partial<FoundTurn> = {}): FoundTurn => ({ turn_id, session_id: 'old', role: 'user', agent_id: 'elena', channel: 'chat', timestamp: '2026-05-12T10:00:00Z', content, score: 1, ...more })

interface FactStore {
  /** Newest first, as they are listed. */
  facts: Fact[]
  learn(...more: Fact[]): void
  readonly routes: { readonly [path in '/api/v1/memory/facts/' | '/api/v1/memory/facts']: Answer }
}

/** A memory that keeps facts as the service does: an edit closes the old one, forgetting takes it away. */
export function factStore(facts: Fact[]): FactStore {
  const store: FactStore = {
    facts,
    learn: (...more) => void (store.facts = [...more, ...store.facts]),
    routes: {
      '/api/v1/memory/facts/': ({ url, init }) => {
        const id = url.pathname.split('/').at(-1)
        const old = store.facts.find((one) => one.id === id)
        if (!old) return json({ title: 'There is no such fact', status: 404 }, 404)
        if (init.method === 'DELETE') {
          store.facts = store.facts.filter((one) => one !== old)
          return new Response(null, { status: 204 })
        }
        const { text } = JSON.parse(String(init.body)) as { text: string }
        const changed = fact(`${id}-changed`, text, { source: 'user', replaces: { id: old.id, text: old.text }, provenance: [] })
        const closed = { ...old, current: false, superseded_at: changed.recorded_at, superseded_by: changed.id }
        store.facts = [changed, ...store.facts.map((one) => (one === old ? closed : one))]
        return json(changed)
      },
      '/api/v1/memory/facts': ({ url, init }) => {
        if (init.method === 'POST') {
          const added = fact('added', (JSON.parse(String(init.body)) as { text: string }).text, { source: 'user', provenance: [] })
          store.learn(added)
          return json(added, 201)
        }
        const asked = url.searchParams
        const current = asked.get('current')
        const words = (asked.get('q') ?? '').toLowerCase()
        const matching = store.facts.filter((one) => (current === null || String(one.current) === current) && (!asked.get('kind') || one.kind === asked.get('kind')) && one.text.toLowerCase().includes(words))
        const from = Number(asked.get('cursor') ?? 0)
        const end = from + Number(asked.get('limit') ?? 50)
        return json({ facts: matching.slice(from, end), next_cursor: end < matching.length ? String(end) : null })
      },
    },
  }
  return store
}

/** Put the service in place of fetch; `routes` maps a path's beginning to its answer and goes before the usual ones. */
export function serve(routes: Record<string, Answer> = {}, config: Config = CONFIG) {
  const asked: { path: string; init: RequestInit }[] = []
  const usual: Record<string, Answer> = {
    '/api/v1/config': () => json(config),
    '/api/v1/agents': () => json({ agents: AGENTS }),
    '/api/v1/memory/episodes/': () => json({ title: 'Not found', status: 404 }, 404),
    '/api/v1/memory/episodes': () => json({ episodes: [], next_cursor: null }),
    '/api/v1/memory/facts': () => json({ facts: [], next_cursor: null }),
    '/api/v1/memory/why/': () => json({ title: 'Not found', status: 404 }, 404),
  }
  vi.stubGlobal('fetch', async (input: string, init: RequestInit = {}) => {
    const url = new URL(input, window.location.origin)
    asked.push({ path: url.pathname + url.search, init })
    for (const [path, answer] of [...Object.entries(routes), ...Object.entries(usual)]) {
      if (url.pathname.startsWith(path)) return answer({ url, init })
    }
    throw new TypeError(`no route for ${url.pathname}`)
  })
  return asked
}
