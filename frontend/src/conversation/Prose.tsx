/** An assistant's words as paragraphs. Only text is ever made of them: no markup of theirs reaches the page. */
import { Fragment } from 'react'

const PIECES = /(\*\*[^*\n]+\*\*|`[^`\n]+`)/

/** Bold and code of light markdown; all else stays as it was written. */
function Inline({ text }: { text: string }) {
  return text.split(PIECES).map((piece, index) => {
    const key = `${index}:${piece}`
    if (piece.length > 4 && piece.startsWith('**') && piece.endsWith('**')) {
      return (
        <strong key={key} className="font-semibold">
          {piece.slice(2, -2)}
        </strong>
      )
    }
    if (piece.length > 2 && piece.startsWith('`') && piece.endsWith('`')) {
      return (
        <code key={key} className="rounded bg-you-wash px-1 text-[0.85em]">
          {piece.slice(1, -1)}
        </code>
      )
    }
    return <Fragment key={key}>{piece}</Fragment>
  })
}

/** Blank lines part paragraphs; single line breaks stay. */
export function Prose({ text }: { text: string }) {
  const paragraphs = text.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== '')
  return (
    <div className="grid gap-3">
      {paragraphs.map((paragraph, index) => (
        <p key={`${index}:${paragraph.slice(0, 20)}`} className="said whitespace-pre-line">
          <Inline text={paragraph.trim()} />
        </p>
      ))}
    </div>
  )
}
