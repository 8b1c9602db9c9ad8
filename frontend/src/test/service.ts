/** A small service for component tests: answers by path, remembers what was asked. Nothing of it is shipped. */
import { vi } from 'vitest'
import type { Agent, Config } from '../api/types'

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

/** Put the service in place of fetch; `routes` maps a path's beginning to its answer and goes before the usual ones. */
export function serve(routes: Record<string, Answer> = {}, config: Config = CONFIG) {
  const asked: { path: string; init: RequestInit }[] = []
  const usual: Record<string, Answer> = {
    '/api/v1/config': () => json(config),
    '/api/v1/agents': () => json({ agents: AGENTS }),
    '/api/v1/memory/episodes/': () => json({ title: 'Not found', status: 404 }, 404),
    '/api/v1/memory/episodes': () => json({ episodes: [], next_cursor: null }),
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
