/**
 * Dictation into the text field by the browser's own speech recognition (Web Speech API). Not every browser has it, and some
 * send the sound to their maker: the page says so before it begins.
 */
import { useEffect, useRef, useState } from 'react'

interface RecognitionResult {
  readonly isFinal: boolean
  readonly 0: { readonly transcript: string }
}

interface Recognition {
  lang: string
  continuous: boolean
  interimResults: boolean
  onresult: ((event: { results: ArrayLike<RecognitionResult> }) => void) | null
  onerror: ((event: { error: string }) => void) | null
  onend: (() => void) | null
  start(): void
  stop(): void
  abort(): void
}

type RecognitionClass = new () => Recognition

function recognitionClass(): RecognitionClass | null {
  const scope = window as { SpeechRecognition?: RecognitionClass; webkitSpeechRecognition?: RecognitionClass }
  return scope.SpeechRecognition ?? scope.webkitSpeechRecognition ?? null
}

export const NO_DICTATION = 'This browser cannot take dictation. Chrome, Edge and Safari can; a call works in every current browser.'

const REASONS: Record<string, string> = {
  'not-allowed': 'The browser did not allow dictation. Allow the microphone in the address bar and try again.',
  'service-not-allowed': 'This browser has its speech recognition switched off. You can make a call instead.',
  'audio-capture': 'No microphone was found.',
  network: 'The browser’s own speech recognition could not be reached. You can make a call instead.',
  'language-not-supported': 'The browser cannot take dictation in your language.',
}

export interface Dictation {
  readonly available: boolean
  readonly listening: boolean
  /** Why it stopped, when it was not by the person. */
  readonly trouble: string | null
  /** Begin; `onWords` gets everything understood since then, again and again as it grows. */
  start(onWords: (words: string) => void): void
  stop(): void
}

export function useDictation(): Dictation {
  const [listening, setListening] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const running = useRef<Recognition | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const start = (onWords: (words: string) => void) => {
    const Class = recognitionClass()
    if (!Class || running.current) return
    const recognition = new Class()
    recognition.lang = document.documentElement.lang || navigator.language
    recognition.continuous = true
    recognition.interimResults = true
    recognition.onresult = ({ results }) => onWords(Array.from(results, (result) => result[0].transcript).join('').trim())
    recognition.onerror = ({ error }) => {
      if (error !== 'no-speech' && error !== 'aborted') setTrouble(REASONS[error] ?? `Dictation stopped (${error}).`)
    }
    recognition.onend = () => {
      running.current = null
      setListening(false)
    }
    running.current = recognition
    setTrouble(null)
    setListening(true)
    recognition.start()
  }

  return { available: recognitionClass() !== null, listening, trouble, start, stop: () => running.current?.stop() }
}
