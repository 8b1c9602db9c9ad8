/** Tell them something without a conversation. */
import { useEffect, useRef } from 'react'
import { useAddFact } from '../api/facts'
import { useAnnounce } from '../desk/announcer'
import { SentenceForm } from './SentenceForm'

interface AddFactProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

export function AddFact({ open, onOpenChange }: AddFactProps) {
  const add = useAddFact()
  const announce = useAnnounce()
  const opener = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(open)

  useEffect(() => {
    if (wasOpen.current && !open) opener.current?.focus()
    wasOpen.current = open
  }, [open])

  if (!open) {
    return (
      <button ref={opener} type="button" className="quiet min-h-6 underline underline-offset-2 hover:text-ink" onClick={() => onOpenChange(true)}>
        Add something
      </button>
    )
  }
  return (
    <SentenceForm
      label="What should they know?"
      hint="One sentence, such as “I prefer short answers.”"
      text=""
      onSave={async (text) => {
        const fact = await add.mutateAsync(text)
        announce(`Added: ${fact.text}`)
        onOpenChange(false)
      }}
      onCancel={() => onOpenChange(false)}
    />
  )
}
