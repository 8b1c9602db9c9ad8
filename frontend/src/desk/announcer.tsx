/** Speaks to screen readers what the eye sees happen: finished answers, the steps of a call, what memory gained or lost. */
import { createContext, useCallback, useContext, useState } from 'react'

/** The words to announce now and a function that announces; `count` makes the same words announced twice be two events. */
export function useAnnouncer(): [{ words: string; count: number }, (words: string) => void] {
  const [said, setSaid] = useState({ words: '', count: 0 })
  const announce = useCallback((words: string) => setSaid(({ count }) => ({ words, count: count + 1 })), [])
  return [said, announce]
}

/** For parts of the page that are far from the desk. */
export const AnnounceContext = createContext<(words: string) => void>(() => undefined)

export function useAnnounce(): (words: string) => void {
  return useContext(AnnounceContext)
}

export function Announcer({ said }: { said: { words: string; count: number } }) {
  return (
    <div role="status" aria-live="polite" data-announcer className="sr-only">
      <span key={said.count}>{said.words}</span>
    </div>
  )
}
