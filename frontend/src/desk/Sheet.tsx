/** A side panel on a narrow screen: slides over the column, closes with Escape, gives the focus back. */
import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { leaveEscapeToForms } from './escape'
import { CloseIcon } from './icons'
import { useReturnFocus } from './returnFocus'

interface SheetProps {
  readonly title: string
  readonly side: 'left' | 'right'
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly children: ReactNode
}

export function Sheet({ title, side, open, onOpenChange, children }: SheetProps) {
  const focus = useReturnFocus()
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        {/* Not Dialog.Overlay: it writes a <style> element, which the policy (style-src 'self') refuses. */}
        <div aria-hidden="true" className="fixed inset-0 z-10 bg-black/40" />
        <Dialog.Content
          aria-describedby={undefined}
          {...focus}
          onEscapeKeyDown={leaveEscapeToForms}
          className={`fixed inset-y-0 z-20 w-[min(320px,86vw)] border-line bg-paper shadow-xl ${side === 'left' ? 'left-0 border-r' : 'right-0 border-l'}`}
        >
          <Dialog.Title className="sr-only">{title}</Dialog.Title>
          {children}
          <Dialog.Close aria-label="Close" className="absolute top-3.5 right-3 grid size-10 place-items-center rounded-full bg-paper text-soft hover:bg-you-wash hover:text-ink">
            <CloseIcon />
          </Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
