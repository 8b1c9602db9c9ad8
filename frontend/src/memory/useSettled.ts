/** A value once it has stopped changing: what is typed is looked up by the word, not by the letter. */
import { useEffect, useState } from 'react'

const SETTLE_MS = 250

export function useSettled(words: string): string {
  const [settled, setSettled] = useState('')
  useEffect(() => {
    // An emptied field takes effect at once.
    const timer = setTimeout(() => setSettled(words), words === '' ? 0 : SETTLE_MS)
    return () => clearTimeout(timer)
  }, [words])
  return words === '' ? '' : settled
}
