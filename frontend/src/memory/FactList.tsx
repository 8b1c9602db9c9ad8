/** Facts one under the other, of which one may be open. Keeps the focus where the person was when a row goes or changes. */
import { useRef, useState } from 'react'
import type { Fact } from '../api/types'
import { FactRow } from './FactRow'

export function FactList({ facts, label, busy = false }: { facts: readonly Fact[]; label: string; busy?: boolean }) {
  const list = useRef<HTMLUListElement>(null)
  const [openId, setOpenId] = useState<string | null>(null)
  /** The row that gets the focus when it is next drawn. */
  const [focusId, setFocusId] = useState<string | null>(null)

  const forgotten = (id: string) => {
    const at = facts.findIndex((fact) => fact.id === id)
    const neighbour = facts[at + 1] ?? facts[at - 1]
    if (neighbour) setFocusId(neighbour.id)
    else list.current?.closest('section, [role=dialog]')?.querySelector<HTMLElement>('[data-heading]')?.focus()
    setOpenId(null)
  }

  return (
    <ul ref={list} aria-label={label} aria-busy={busy}>
      {facts.map((fact) => (
        <li key={fact.id} data-fact={fact.id} data-current={fact.current} className="arrive border-b border-line">
          <FactRow
            fact={fact}
            open={fact.id === openId}
            takesFocus={fact.id === focusId}
            onFocused={() => setFocusId(null)}
            onToggle={() => setOpenId(fact.id === openId ? null : fact.id)}
            onReplaced={(id) => {
              setOpenId(id)
              setFocusId(id)
            }}
            onForgotten={() => forgotten(fact.id)}
          />
        </li>
      ))}
    </ul>
  )
}
