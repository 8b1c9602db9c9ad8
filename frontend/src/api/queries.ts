/** What the page reads from the service, through TanStack Query: cached, retried where that is sensible, refreshed on demand. */
import { QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { openSignIn } from '../session/signIn'
import { getJson, sendJson } from './client'
import { ProblemError, asProblem } from './problems'
import type { Agent, Config, EpisodePage, FactKind, FactPage, SearchAnswer, Transcript, Why } from './types'

const PAGE = 30
const SEARCH_LIMIT = 12

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // Without a network a request fails and the page says so; the library would wait in silence.
      mutations: { networkMode: 'always' },
      queries: {
        networkMode: 'always',
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        // Once more for what may pass by itself; a refusal stays a refusal.
        retry: (failures, error) => failures < 1 && asProblem(error).retryable,
        retryDelay: 600,
      },
    },
  })
}

/** What the service offers; with it comes how one signs in. */
export function useConfig() {
  return useQuery({
    queryKey: ['config'],
    queryFn: async ({ signal }) => {
      const config = await getJson<Config>('/api/v1/config', signal, { anonymous: true })
      openSignIn(config)
      return config
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export function useAgents() {
  return useQuery({
    queryKey: ['agents'],
    queryFn: async ({ signal }) => (await getJson<{ agents: Agent[] }>('/api/v1/agents', signal, { anonymous: true })).agents,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** The person's episodes, newest first, page by page. `who` keeps one person's list from another's. */
export function useEpisodes(who: string | null) {
  return useInfiniteQuery({
    queryKey: ['episodes', who],
    queryFn: ({ pageParam, signal }) =>
      getJson<EpisodePage>(
        `/api/v1/memory/episodes?limit=${PAGE}${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''}`,
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor || undefined,
  })
}

/** The stored turns of a session; a session that nobody has spoken in yet has none. */
export async function fetchTranscript(sessionId: string, signal?: AbortSignal): Promise<Transcript> {
  try {
    return await getJson<Transcript>(`/api/v1/memory/episodes/${encodeURIComponent(sessionId)}`, signal)
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 404) return { id: sessionId, transcript: [] }
    throw error
  }
}

/** What memory knows about the person: current facts, or with those that are no longer true. */
export interface FactFilter {
  readonly limit: number
  readonly kind?: FactKind | null
  readonly words?: string
  readonly before?: boolean
}

/** Facts, newest first, page by page. While a changed filter is looked up, the former list stays. */
export function useFacts(who: string | null, { limit, kind = null, words = '', before = false }: FactFilter) {
  return useInfiniteQuery({
    queryKey: ['facts', who, limit, kind, words, before],
    queryFn: ({ pageParam, signal }) => {
      const asked = new URLSearchParams({ limit: String(limit) })
      if (!before) asked.set('current', 'true')
      if (kind) asked.set('kind', kind)
      if (words) asked.set('q', words)
      if (pageParam) asked.set('cursor', pageParam)
      return getJson<FactPage>(`/api/v1/memory/facts?${asked}`, signal)
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor || undefined,
    placeholderData: (shown, query) => (query?.queryKey[1] === who ? shown : undefined),
  })
}

/** Look for what was said before, in the words of the question; blank words ask for nothing. */
export function useSearch(who: string | null, words: string) {
  return useQuery({
    queryKey: ['search', who, words],
    queryFn: ({ signal }) => sendJson<SearchAnswer>('POST', '/api/v1/memory/search', { query: words, limit: SEARCH_LIMIT }, signal),
    enabled: words !== '',
    // Turns are stored all the time.
    staleTime: 0,
    placeholderData: (shown, query) => (words !== '' && query?.queryKey[1] === who ? shown : undefined),
  })
}

/** What was recalled for an answer; null where the service has no account of it. Without `ask` only what is known already. */
export function useWhy(who: string | null, turnId: string | null, ask = true) {
  return useQuery({
    queryKey: ['why', who, turnId],
    queryFn: async ({ signal }) => {
      try {
        return await getJson<Why>(`/api/v1/memory/why/${encodeURIComponent(turnId ?? '')}`, signal)
      } catch (error) {
        if (error instanceof ProblemError && error.problem.status === 404) return null
        throw error
      }
    },
    enabled: ask && turnId !== null,
    // It happened as it happened; only forgetting a fact takes something away.
    staleTime: Number.POSITIVE_INFINITY,
  })
}
