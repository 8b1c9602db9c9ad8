/** How much of a spoken answer has been heard, as words. */

/** How much of an answer's sound has arrived and been played. */
export interface Sound {
  readonly receivedMs: number
  readonly playedMs: number
  /** All of it has arrived. */
  readonly complete: boolean
}

/** Speech takes about this long for one character; used only while the end of an answer has not arrived. */
const MS_PER_CHARACTER = 62

/**
 * Split `text` into what has been heard and what has not, at the end of a word.
 *
 * The text is spread evenly over the sound: right to a word or so, which is all an eye notices.
 */
export function splitHeard(text: string, sound: Sound): [heard: string, rest: string] {
  const total = sound.complete ? sound.receivedMs : Math.max(sound.receivedMs, text.length * MS_PER_CHARACTER)
  if (total <= 0) return sound.playedMs > 0 ? [text, ''] : ['', text]
  const fraction = Math.min(1, sound.playedMs / total)
  if (fraction >= 1) return [text, '']
  const reached = Math.round(text.length * fraction)
  if (reached === 0) return ['', text]
  const space = text.slice(reached).search(/\s/)
  const end = space === -1 ? text.length : reached + space
  return [text.slice(0, end), text.slice(end)]
}
