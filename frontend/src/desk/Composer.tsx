/** The text field with its buttons: dictate, send or stop. Enter sends, Shift+Enter makes a new line. */
import { useEffect, useId, useLayoutEffect, useRef, type KeyboardEvent } from 'react'
import { MESSAGE_LIMIT } from '../api/chat'
import { NO_DICTATION, useDictation } from './dictation'
import { DictateIcon, SendIcon, StopIcon } from './icons'

interface ComposerProps {
  readonly text: string
  readonly onText: (text: string) => void
  readonly placeholder: string
  readonly inCall: boolean
  /** Why nothing can be sent, or null. */
  readonly blocked: string | null
  readonly answering: boolean
  readonly onSend: (text: string) => void
  readonly onStop: () => void
}

/** Counting begins to matter when this few characters are left. */
const TELL_LEFT = 2_000

function length(text: string): number {
  // The service counts code points; a surrogate pair is one.
  return text.length <= MESSAGE_LIMIT / 2 ? text.length : Array.from(text).length
}

export function Composer({ text, onText, placeholder, inCall, blocked, answering, onSend, onStop }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const dictation = useDictation()
  const hintId = useId()
  const count = length(text)
  const left = MESSAGE_LIMIT - count
  const sendable = text.trim() !== '' && left >= 0 && blocked === null && !answering

  useLayoutEffect(() => {
    const element = field.current
    if (!element) return
    element.style.height = ''
    // An empty field is one line high, however long its hint is.
    if (text !== '') element.style.height = `${Math.min(element.scrollHeight, 180)}px`
  }, [text])

  const { stop: stopDictation, listening } = dictation
  useEffect(() => {
    if (inCall && listening) stopDictation()
  }, [inCall, listening, stopDictation])

  const send = () => {
    if (!sendable) return
    stopDictation()
    onSend(text.trim())
    field.current?.focus()
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      send()
    } else if (event.key === 'Escape' && answering) {
      onStop()
    }
  }

  const dictate = () => {
    if (listening) {
      stopDictation()
      return
    }
    const before = text === '' || /\s$/.test(text) ? text : `${text} `
    dictation.start((words) => onText(before + words))
    field.current?.focus()
  }

  const hint =
    left < 0
      ? `That is ${(-left).toLocaleString()} characters too long. Nothing is lost: shorten it, or send it in parts.`
      : left < TELL_LEFT
        ? `${left.toLocaleString()} characters left.`
        : (blocked ?? dictation.trouble ?? (listening ? 'Dictating. Your browser does the listening and may send the sound to its maker.' : null))

  return (
    <div className={`min-w-0 flex-1 ${inCall ? 'max-sm:basis-full' : ''}`}>
      <div className="field relative flex items-end has-[textarea:focus-visible]:outline-2 has-[textarea:focus-visible]:-outline-offset-1 has-[textarea:focus-visible]:outline-ink">
        <textarea
          ref={field}
          rows={1}
          value={text}
          onChange={(event) => onText(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder={placeholder}
          aria-label={inCall ? 'Type instead of speaking' : 'Your message'}
          aria-describedby={hint ? hintId : undefined}
          aria-invalid={left < 0}
          className="block min-h-[42px] flex-1 resize-none bg-transparent px-3.5 py-[9px] outline-none placeholder:truncate placeholder:text-soft"
        />
        {!inCall && (
          <button
            type="button"
            onClick={dictation.available ? dictate : undefined}
            aria-disabled={!dictation.available}
            aria-pressed={listening}
            aria-label={dictation.available ? (listening ? 'Stop dictating' : 'Dictate') : `Dictate. ${NO_DICTATION}`}
            title={dictation.available ? 'Dictate into the text field' : NO_DICTATION}
            className="m-1 grid size-9 shrink-0 place-items-center rounded-lg text-soft hover:text-ink aria-pressed:bg-ink aria-pressed:text-paper aria-disabled:cursor-default aria-disabled:opacity-60 aria-disabled:hover:text-soft"
          >
            <DictateIcon />
          </button>
        )}
        {answering ? (
          <button type="button" onClick={onStop} aria-label="Stop the answer" title="Stop the answer (Esc)" className="m-1 grid size-9 shrink-0 place-items-center rounded-lg bg-ink text-paper">
            <StopIcon />
          </button>
        ) : (
          <button
            type="button"
            onClick={send}
            aria-disabled={!sendable}
            aria-label="Send"
            title="Send (Enter)"
            className="m-1 grid size-9 shrink-0 place-items-center rounded-lg bg-ink text-paper aria-disabled:cursor-default aria-disabled:bg-you-wash aria-disabled:text-soft"
          >
            <SendIcon />
          </button>
        )}
      </div>
      {hint && (
        <p id={hintId} role="status" className={`mt-1.5 text-[13px] ${left < 0 ? 'font-medium text-alert' : 'text-soft'}`}>
          {hint}
        </p>
      )}
    </div>
  )
}
