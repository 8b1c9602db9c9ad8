/** Everything they know, calmly: search, one kind of it, and what was true before. */
import { Dialog } from 'radix-ui'
import { useId, useRef, useState } from 'react'
import { asProblem } from '../api/problems'
import { useFacts } from '../api/queries'
import type { FactKind } from '../api/types'
import { Notice } from '../desk/Notice'
import { leaveEscapeToForms } from '../desk/escape'
import { CloseIcon } from '../desk/icons'
import { useReturnFocus } from '../desk/returnFocus'
import { useMayChange, useWho } from '../session/signIn'
import { AddFact } from './AddFact'
import { FactList } from './FactList'
import { NothingYet } from './FactsPanel'
import { SearchField } from './SearchField'
import { KIND_WORDS } from './factWords'
import { useSettled } from './useSettled'

const PAGE = 40
const KINDS: readonly (FactKind | null)[] = [null, 'profile', 'preference', 'event', 'task']

interface AllFactsProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

export function AllFacts({ open, onOpenChange }: AllFactsProps) {
  const focus = useReturnFocus()
  const title = useRef<HTMLHeadingElement>(null)
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <div aria-hidden="true" className="fixed inset-0 z-30 bg-black/40" />
        <Dialog.Content
          {...focus}
          onOpenAutoFocus={(event) => {
            focus.onOpenAutoFocus()
            // Not the field: on a phone its keyboard would hide half of the facts.
            event.preventDefault()
            title.current?.focus()
          }}
          onEscapeKeyDown={leaveEscapeToForms}
          aria-describedby={undefined}
          className="fixed inset-0 z-40 flex flex-col bg-paper sm:inset-x-auto sm:inset-y-[max(24px,5vh)] sm:left-1/2 sm:w-[min(720px,calc(100vw-48px))] sm:-translate-x-1/2 sm:rounded-[20px] sm:border sm:border-line sm:shadow-xl"
        >
          <Dialog.Title ref={title} data-heading tabIndex={-1} className="px-5 pt-5 pr-16 text-[17px] font-semibold outline-none sm:px-8 sm:pt-7">
            What they know about you
          </Dialog.Title>
          <Everything />
          <Dialog.Close aria-label="Close" className="absolute top-3.5 right-3 grid size-10 place-items-center rounded-full text-soft hover:bg-you-wash hover:text-ink sm:top-5 sm:right-5">
            <CloseIcon />
          </Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Everything() {
  const mayChange = useMayChange()
  const [words, setWords] = useState('')
  const [kind, setKind] = useState<FactKind | null>(null)
  const [before, setBefore] = useState(false)
  const [adding, setAdding] = useState(false)
  const { data, error, isPending, isPlaceholderData, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useFacts(useWho(), { limit: PAGE, kind, before, words: useSettled(words.trim()) })
  const facts = data?.pages.flatMap((page) => page.facts) ?? []
  const filtered = words.trim() !== '' || kind !== null

  return (
    <>
      <div className="grid gap-3 border-b border-line px-5 pt-3 pb-4 sm:px-8">
        <p className="quiet">{mayChange ? 'Newest first. You can put any of it right, or have it forgotten.' : 'Newest first. You may read this, not change it.'}</p>
        <SearchField label="Search what they know" words={words} onWords={setWords} />
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <KindFilter kind={kind} onKind={setKind} />
          <label className="flex min-h-6 items-center gap-2 text-[13px]">
            <input type="checkbox" checked={before} onChange={(event) => setBefore(event.target.checked)} className="size-4 accent-ink" />
            Also what was true before
          </label>
        </div>
      </div>
      {/* A scrolling region must be reachable by keyboard. */}
      <section aria-label="Facts" tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-5 pt-2 pb-6 sm:px-8">
        {isPending && <p className="quiet thinking py-3">Looking up what they know…</p>}
        {error && (
          <div className="py-3">
            <Notice happened={asProblem(error).happened} sentences={[asProblem(error).remedy, 'What they know is safe.']} reference={asProblem(error).requestId} role="status">
              <button type="button" className="button" onClick={() => void refetch()}>
                Retry
              </button>
            </Notice>
          </div>
        )}
        <p role="status" className={facts.length === 0 && data && filtered ? 'quiet py-3' : 'sr-only'}>
          {!data || isPlaceholderData ? '' : facts.length === 0 && filtered ? 'They know nothing that fits. Try other words, or another kind.' : filtered ? `${facts.length}${hasNextPage ? ' or more' : ''} found.` : ''}
        </p>
        {data && facts.length === 0 && !filtered && <NothingYet />}
        {facts.length > 0 && <FactList facts={facts} label="All they know about you" busy={isPlaceholderData} />}
        {hasNextPage && (
          <button type="button" className="button mt-4" aria-disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? 'Loading…' : 'Show older ones'}
          </button>
        )}
        {data && mayChange && (
          <div className="mt-3">
            <AddFact open={adding} onOpenChange={setAdding} />
          </div>
        )}
      </section>
    </>
  )
}

function KindFilter({ kind, onKind }: { kind: FactKind | null; onKind: (kind: FactKind | null) => void }) {
  const name = useId()
  return (
    <div role="radiogroup" aria-label="Kind" className="-ml-1 flex flex-wrap gap-x-0.5 gap-y-1 sm:gap-x-1">
      {KINDS.map((one) => (
        <label
          key={one ?? 'all'}
          className="relative flex min-h-8 items-center rounded-full border border-transparent px-2 sm:px-2.5 text-[13px] text-soft hover:text-ink has-checked:border-line has-checked:bg-sheet has-checked:font-[550] has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:outline-ink"
        >
          <input type="radio" name={name} checked={one === kind} onChange={() => onKind(one)} className="absolute inset-0 size-full cursor-pointer appearance-none rounded-full outline-none" />
          {one === null ? 'All' : KIND_WORDS[one]}
        </label>
      ))}
    </div>
  )
}
