/** Speaks to screen readers what the eye sees happen: finished answers and the steps of a call. */
import { useCallback, useState } from 'react'

/** The words to announce now and a function that announces; `count` makes the same words announced twice be two events. */
export function useAnnouncer(): [{ words: string; count: number }, (words: string) => void] {
  const [said, setSaid] = useState({ words: '', count: 0 })
  const announce = useCallback((words: string) => setSaid(({ count }) => ({ words, count: count + 1 })), [])
  return [said, announce]
}

export function Announcer({ said }: { said: { words: string; count: number } }) {
  return (
    <div role="status" aria-live="polite" data-announcer className="sr-only">
      <span key={said.count}>{said.words}</span>
    </div>
  )
}
