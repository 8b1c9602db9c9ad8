/** What the page reads from the service, through TanStack Query: cached, retried where that is sensible, refreshed on demand. */
import { QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getJson } from './client'
import { ProblemError, asProblem } from './problems'
import type { Agent, Config, EpisodePage, Transcript } from './types'

const PAGE = 30

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        // Once more for what may pass by itself; a refusal stays a refusal.
        retry: (failures, error) => failures < 1 && asProblem(error).retryable,
        retryDelay: 600,
      },
    },
  })
}

export function useConfig() {
  return useQuery({ queryKey: ['config'], queryFn: ({ signal }) => getJson<Config>('/api/v1/config', signal) })
}

export function useAgents() {
  return useQuery({
    queryKey: ['agents'],
    queryFn: async ({ signal }) => (await getJson<{ agents: Agent[] }>('/api/v1/agents', signal)).agents,
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
