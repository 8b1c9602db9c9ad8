/** A field to search with. Escape empties it. */
import type { KeyboardEvent } from 'react'
import { OWN_ESCAPE } from '../desk/escape'

interface SearchFieldProps {
  readonly label: string
  readonly words: string
  readonly onWords: (words: string) => void
}

export function SearchField({ label, words, onWords }: SearchFieldProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || words === '') return
    event.stopPropagation()
    onWords('')
  }
  return (
    <input
      {...OWN_ESCAPE}
      type="search"
      value={words}
      onChange={(event) => onWords(event.target.value)}
      onKeyDown={onKeyDown}
      placeholder={label}
      aria-label={label}
      autoComplete="off"
      spellCheck={false}
      maxLength={500}
      className="field block min-h-10 w-full min-w-0 px-3 py-1.5 text-[14px]"
    />
  )
}
