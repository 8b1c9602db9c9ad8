/** Changing what memory knows about the person. Nothing is shown as done before the service says so. */
import { useMutation, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query'
import { sendJson } from './client'
import type { Fact, FactPage } from './types'

const FACTS = '/api/v1/memory/facts'

/** Read again whatever shows facts. */
function refresh(queries: QueryClient): void {
  for (const list of ['facts', 'why', 'search']) void queries.invalidateQueries({ queryKey: [list] })
}

/** Change every list of facts on the page at once; the refresh that follows has the last word. */
function changeLists(queries: QueryClient, change: (facts: readonly Fact[]) => readonly Fact[]): void {
  queries.setQueriesData<InfiniteData<FactPage, string>>({ queryKey: ['facts'] }, (lists) =>
    lists ? { ...lists, pages: lists.pages.map((page) => ({ ...page, facts: change(page.facts) })) } : lists,
  )
}

export function useAddFact() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (text: string) => sendJson<Fact>('POST', FACTS, { text }),
    onSuccess: () => refresh(queries),
  })
}

/** The changed fact is a new one; it takes the place of the old in every list. */
export function useEditFact() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, text }: { id: string; text: string }) => sendJson<Fact>('PATCH', `${FACTS}/${encodeURIComponent(id)}`, { text }),
    onSuccess: (fact, { id }) => {
      changeLists(queries, (facts) => facts.map((one) => (one.id === id ? fact : one)))
      refresh(queries)
    },
  })
}

/** Forgotten for good: nothing that was found with its help may stay on the page. */
export function useForgetFact() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => sendJson<undefined>('DELETE', `${FACTS}/${encodeURIComponent(id)}`),
    onSuccess: (_, id) => {
      changeLists(queries, (facts) => facts.filter((one) => one.id !== id))
      refresh(queries)
    },
  })
}
