/** One fact: the sentence and where it came from; opened, what proves it, and the ways to change it or have it forgotten. */
import { useEffect, useId, useRef, useState } from 'react'
import { useEditFact } from '../api/facts'
import type { Fact, Proof } from '../api/types'
import { agentName, useAgentList } from '../desk/agents'
import { useAnnounce } from '../desk/announcer'
import { useOpenEpisode } from '../desk/openEpisode'
import { clock, onDay } from '../desk/words'
import { useMayChange } from '../session/signIn'
import { ForgetQuestion } from './ForgetQuestion'
import { SentenceForm } from './SentenceForm'
import { cameFrom, doubt, validity } from './factWords'

interface FactRowProps {
  readonly fact: Fact
  readonly open: boolean
  readonly takesFocus: boolean
  readonly onFocused: () => void
  readonly onToggle: () => void
  /** An edit makes a new fact of the old one. */
  readonly onReplaced: (id: string) => void
  readonly onForgotten: () => void
}

export function FactRow({ fact, open, takesFocus, onFocused, onToggle, onReplaced, onForgotten }: FactRowProps) {
  const details = useId()
  const line = useRef<HTMLButtonElement>(null)

  useEffect(() => {
    if (!takesFocus) return
    line.current?.focus()
    onFocused()
  }, [takesFocus, onFocused])

  return (
    <>
      <button
        ref={line}
        type="button"
        aria-expanded={open}
        aria-controls={open ? details : undefined}
        onClick={onToggle}
        className="-mx-2 block w-[calc(100%+16px)] rounded-[10px] px-2 py-2.5 text-left hover:bg-you-wash"
      >
        <span className="block font-voice text-[16px]/[1.4] wrap-anywhere">
          {fact.current ? fact.text : <Struck text={fact.text} />}
        </span>
        <span className="quiet block">{cameFrom(fact)}</span>
      </button>
      {open && (
        <div id={details} className="arrive pt-1 pb-3">
          <Opened fact={fact} onReplaced={onReplaced} onForgotten={onForgotten} focusLine={() => line.current?.focus()} />
        </div>
      )}
    </>
  )
}

/** No longer true: said, not only drawn. */
function Struck({ text }: { text: string }) {
  return (
    <>
      <span className="sr-only">No longer true: </span>
      <s className="text-soft decoration-1">{text}</s>
    </>
  )
}

interface OpenedProps {
  readonly fact: Fact
  readonly onReplaced: (id: string) => void
  readonly onForgotten: () => void
  readonly focusLine: () => void
}

function Opened({ fact, onReplaced, onForgotten, focusLine }: OpenedProps) {
  const mayChange = useMayChange()
  const announce = useAnnounce()
  const edit = useEditFact()
  const [editing, setEditing] = useState(false)
  const [asking, setAsking] = useState(false)
  const notes = [validity(fact), doubt(fact)].filter((note) => note !== null)

  if (editing) {
    return (
      <SentenceForm
        label="Put it right"
        text={fact.text}
        onSave={async (text) => {
          const changed = await edit.mutateAsync({ id: fact.id, text })
          announce(`Saved: ${changed.text}`)
          onReplaced(changed.id)
        }}
        onCancel={() => {
          setEditing(false)
          focusLine()
        }}
      />
    )
  }
  return (
    <>
      {fact.provenance.length > 0 ? (
        <ul aria-label="Where it came from" className="grid gap-2.5 border-l-2 border-line pl-3">
          {fact.provenance.map((proof) => (
            <li key={proof.turn_id}>
              <ProofWords proof={proof} />
            </li>
          ))}
        </ul>
      ) : (
        <p className="quiet">{fact.source === 'user' ? 'You wrote this here yourself; no conversation stands behind it.' : 'No conversation of yours stands behind it.'}</p>
      )}
      {notes.length > 0 && <p className="quiet mt-2">{notes.join(' ')}</p>}
      {mayChange && (
        <div className="mt-2.5 flex gap-2">
          {fact.current && (
            <button type="button" className="button min-h-9 py-1 text-[14px]" onClick={() => setEditing(true)}>
              Edit
            </button>
          )}
          <button type="button" className="button min-h-9 py-1 text-[14px]" aria-haspopup="dialog" onClick={() => setAsking(true)}>
            Forget
          </button>
        </div>
      )}
      {asking && (
        <ForgetQuestion
          fact={fact}
          onClose={() => setAsking(false)}
          onForgotten={() => {
            setAsking(false)
            announce(`Forgotten: ${fact.text}`)
            onForgotten()
          }}
        />
      )}
    </>
  )
}

/** The words that prove a fact, when and how they came, and the way to them. */
export function ProofWords({ proof }: { proof: Proof }) {
  const agents = useAgentList()
  const openEpisode = useOpenEpisode()
  return (
    <>
      {proof.quote && <p className="text-[14px]/[1.45] wrap-anywhere">“{proof.quote}”</p>}
      <p className="quiet">
        {proof.channel === 'voice' ? 'Said aloud' : 'Typed'} to {agentName(agents, proof.agent_id)}, {onDay(proof.said_at)}, {clock(proof.said_at)}
      </p>
      <button type="button" className="quiet min-h-6 underline underline-offset-2 hover:text-ink" onClick={() => openEpisode(proof.session_id, proof.turn_id)}>
        Open that conversation
      </button>
    </>
  )
}
