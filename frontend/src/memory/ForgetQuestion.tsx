/** Asked once before a fact is forgotten: it cannot be brought back. */
import { AlertDialog } from 'radix-ui'
import { useState } from 'react'
import { useForgetFact } from '../api/facts'
import { asProblem } from '../api/problems'
import type { Fact } from '../api/types'
import { Notice } from '../desk/Notice'
import { useAgentList } from '../desk/agents'
import { useReturnFocus } from '../desk/returnFocus'

interface ForgetQuestionProps {
  readonly fact: Fact
  readonly onClose: () => void
  readonly onForgotten: () => void
}

export function ForgetQuestion({ fact, onClose, onForgotten }: ForgetQuestionProps) {
  const focus = useReturnFocus()
  const agents = useAgentList()
  const forget = useForgetFact()
  const [busy, setBusy] = useState(false)
  const names = new Intl.ListFormat('en-GB').format(agents.map(({ name }) => name))
  const problem = forget.error ? asProblem(forget.error) : null

  const confirm = async () => {
    if (busy) return
    setBusy(true)
    try {
      await forget.mutateAsync(fact.id)
      onForgotten()
    } catch {
      // Told below from the mutation's own error.
      setBusy(false)
    }
  }

  return (
    <AlertDialog.Root open onOpenChange={(shown) => !shown && !busy && onClose()}>
      <AlertDialog.Portal>
        <div aria-hidden="true" className="fixed inset-0 z-50 bg-black/40" />
        <AlertDialog.Content {...focus} aria-modal="true" className="fixed top-1/2 left-1/2 z-50 w-[min(420px,90vw)] -translate-1/2 rounded-[20px] border border-line bg-sheet p-6 shadow-xl">
          <AlertDialog.Title className="text-[17px] font-semibold">Forget this?</AlertDialog.Title>
          <p className="mt-2 font-voice text-[17px]/[1.4] wrap-anywhere">“{fact.text}”</p>
          <AlertDialog.Description className="mt-2">
            {names} will no longer use it. The conversation stays in your list until you delete it. This cannot be undone.
          </AlertDialog.Description>
          {problem && (
            <div className="mt-4">
              <Notice happened={problem.happened} sentences={[problem.remedy, 'It was not forgotten.']} reference={problem.requestId} />
            </div>
          )}
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <AlertDialog.Cancel className="button" disabled={busy}>
              Keep it
            </AlertDialog.Cancel>
            {/* No AlertDialog.Action: it closes at once, and the answer is still to come. */}
            <button type="button" aria-disabled={busy} onClick={() => void confirm()} className="button border-alert bg-alert text-on-alert hover:not-aria-disabled:bg-alert hover:opacity-90 aria-disabled:text-on-alert">
              {busy ? 'Forgetting…' : problem ? 'Try again' : 'Forget'}
            </button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
