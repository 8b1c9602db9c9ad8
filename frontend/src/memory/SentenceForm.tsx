/** One sentence to write or correct. Enter saves, Escape leaves it as it was; a failure keeps the words. */
import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from 'react'
import { asProblem, type Problem } from '../api/problems'
import { Notice } from '../desk/Notice'
import { OWN_ESCAPE } from '../desk/escape'

/** What the service accepts as one fact, in characters. */
const LIMIT = 500

interface SentenceFormProps {
  readonly label: string
  readonly hint?: string
  readonly text: string
  /** Resolves once the service has it; the form is closed by whoever opened it. */
  readonly onSave: (text: string) => Promise<void>
  readonly onCancel: () => void
}

export function SentenceForm({ label, hint, text, onSave, onCancel }: SentenceFormProps) {
  const id = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  const [words, setWords] = useState(text)
  const [saving, setSaving] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const sentence = words.replace(/\s+/g, ' ').trim()
  const savable = sentence !== '' && !saving

  useEffect(() => {
    const element = field.current
    element?.focus()
    element?.setSelectionRange(element.value.length, element.value.length)
  }, [])

  const save = async () => {
    if (!savable) return
    // Nothing was changed: that is a way of leaving it.
    if (sentence === text) {
      onCancel()
      return
    }
    setSaving(true)
    setProblem(null)
    try {
      await onSave(sentence)
    } catch (error) {
      setProblem(asProblem(error))
      setSaving(false)
      field.current?.focus()
    }
  }

  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    void save()
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      void save()
    } else if (event.key === 'Escape' && !saving) {
      event.stopPropagation()
      onCancel()
    }
  }

  return (
    <form {...OWN_ESCAPE} onSubmit={onSubmit} className="arrive grid gap-2 py-2">
      <label htmlFor={id} className="quiet font-medium">
        {label}
      </label>
      <textarea
        ref={field}
        id={id}
        rows={2}
        value={words}
        onChange={(event) => setWords(event.target.value)}
        onKeyDown={onKeyDown}
        maxLength={LIMIT}
        readOnly={saving}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="field block w-full resize-none px-3 py-2 font-voice text-[16px]/[1.4]"
      />
      {hint && (
        <p id={`${id}-hint`} className="quiet">
          {hint}
        </p>
      )}
      {problem && <Notice happened={problem.happened} sentences={[problem.remedy, 'Nothing was changed; your words are still here.']} reference={problem.requestId} />}
      <div className="flex gap-2">
        <button type="submit" aria-disabled={!savable} className="button min-h-9 border-ink bg-ink py-1 text-[14px] text-paper hover:not-aria-disabled:bg-ink aria-disabled:border-line aria-disabled:bg-you-wash">
          {saving ? 'Saving…' : problem ? 'Try again' : 'Save'}
        </button>
        <button type="button" disabled={saving} onClick={onCancel} className="button min-h-9 py-1 text-[14px]">
          Cancel
        </button>
      </div>
    </form>
  )
}
