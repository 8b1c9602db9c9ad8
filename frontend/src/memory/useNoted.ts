/** After a turn, looks a few times whether memory has learned something, and says so to a screen reader. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import { useFacts } from '../api/queries'
import type { Fact } from '../api/types'
import { useWho } from '../session/signIn'

/** So many facts stand in the side panel. */
export const FACTS_SHOWN = 8

/** Facts by rule are there at once or nearly; a busy service gets a second and a third look. */
const LOOK_AFTER_MS = [250, 1_000, 2_500]

interface Known {
  readonly who: string | null
  readonly ids: ReadonlySet<string>
  readonly newest: number
}

function recorded({ recorded_at: at }: Fact): number {
  return at === null ? 0 : Date.parse(at)
}

/** What is new against `known`, and was learned from what was said: the person's own changes are no news to them. */
function learned(facts: readonly Fact[], { ids, newest }: Known): readonly Fact[] {
  // An older fact may move up into the list when another is forgotten: that is no news either.
  return facts.filter((fact) => !ids.has(fact.id) && fact.source !== 'user' && recorded(fact) > newest)
}

/** Returns what to call after each answered turn. `isShown`: whether the facts are on the screen just now. */
export function useNoted(announce: (words: string) => void, isShown: () => boolean): () => void {
  const queries = useQueryClient()
  const who = useWho()
  const { data } = useFacts(who, { limit: FACTS_SHOWN })
  const known = useRef<Known | null>(null)
  const timers = useRef<ReturnType<typeof setTimeout>[]>([])

  useEffect(() => {
    if (!data) return
    const facts = data.pages.flatMap((page) => page.facts)
    const before = known.current?.who === who ? known.current : null
    const news = before ? learned(facts, before) : []
    known.current = {
      who,
      ids: new Set([...(before?.ids ?? []), ...facts.map(({ id }) => id)]),
      newest: Math.max(before?.newest ?? 0, ...facts.map(recorded)),
    }
    if (news.length > 0 && isShown()) announce(`Noted: ${news.map(({ text }) => text).join(' ')}`)
  }, [data, who, announce, isShown])

  useEffect(() => () => timers.current.forEach(clearTimeout), [])

  return useCallback(() => {
    timers.current.forEach(clearTimeout)
    timers.current = LOOK_AFTER_MS.map((ms) => setTimeout(() => void queries.invalidateQueries({ queryKey: ['facts'] }), ms))
  }, [queries])
}
