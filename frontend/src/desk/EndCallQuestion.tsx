/** Asked before another conversation is opened while a call is on: ending a call by accident would be rude. */
import { AlertDialog } from 'radix-ui'
import { useReturnFocus } from './returnFocus'

interface EndCallQuestionProps {
  readonly open: boolean
  readonly onCancel: () => void
  readonly onEnd: () => void
}

export function EndCallQuestion({ open, onCancel, onEnd }: EndCallQuestionProps) {
  const focus = useReturnFocus()
  return (
    <AlertDialog.Root open={open} onOpenChange={(shown) => !shown && onCancel()}>
      <AlertDialog.Portal>
        <div aria-hidden="true" className="fixed inset-0 z-30 bg-black/40" />
        <AlertDialog.Content {...focus} aria-modal="true" className="fixed top-1/2 left-1/2 z-40 w-[min(400px,90vw)] -translate-1/2 rounded-[20px] border border-line bg-sheet p-6 shadow-xl">
          <AlertDialog.Title className="text-[17px] font-semibold">End the call?</AlertDialog.Title>
          <AlertDialog.Description className="mt-2">The call belongs to the conversation on the page. What was said is kept.</AlertDialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Cancel className="button">Stay in the call</AlertDialog.Cancel>
            <AlertDialog.Action className="button border-alert bg-alert text-on-alert hover:not-disabled:bg-alert" onClick={onEnd}>
              End call and go
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
