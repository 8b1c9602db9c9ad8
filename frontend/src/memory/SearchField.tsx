/** A field to search with. Escape empties it. */
import { useRef, type KeyboardEvent } from 'react'
import { OWN_ESCAPE } from '../desk/escape'
import { CloseIcon } from '../desk/icons'

interface SearchFieldProps {
  readonly label: string
  readonly words: string
  readonly onWords: (words: string) => void
}

export function SearchField({ label, words, onWords }: SearchFieldProps) {
  const field = useRef<HTMLInputElement>(null)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || words === '') return
    event.stopPropagation()
    onWords('')
  }
  return (
    <div className="relative">
      <input
        {...OWN_ESCAPE}
        ref={field}
        type="search"
        value={words}
        onChange={(event) => onWords(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder={label}
        aria-label={label}
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        className="field block min-h-10 w-full min-w-0 py-1.5 pr-10 pl-3 text-[14px] focus-visible:-outline-offset-1 [&::-webkit-search-cancel-button]:hidden"
      />
      {words !== '' && (
        <button
          type="button"
          aria-label="Clear the search"
          onClick={() => {
            onWords('')
            field.current?.focus()
          }}
          className="absolute top-1 right-1 grid size-8 place-items-center rounded-lg text-soft hover:text-ink"
        >
          <CloseIcon />
        </button>
      )}
    </div>
  )
}
