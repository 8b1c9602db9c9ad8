/** Something went wrong, in plain sentences, with what can be done about it. */
import type { ReactNode } from 'react'

interface NoticeProps {
  readonly happened: string
  /** What is safe and what to do; empty sentences are left out. */
  readonly sentences?: readonly (string | null | undefined)[]
  readonly reference?: string | null
  readonly children?: ReactNode
  /** `alert` interrupts a screen reader: for what the person has just asked for. */
  readonly role?: 'alert' | 'status'
}

export function Notice({ happened, sentences, reference, children, role = 'alert' }: NoticeProps) {
  return (
    <div role={role} className="arrive rounded-bubble border border-line bg-sheet px-4 py-3">
      <p>
        <strong className="font-semibold text-alert">{happened}</strong> {sentences?.filter(Boolean).join(' ')}
      </p>
      {reference && <p className="quiet mt-1">For support: {reference}</p>}
      {children && <div className="mt-3 flex flex-wrap gap-2">{children}</div>}
    </div>
  )
}
