/** Escape inside a form or a filled search field is for that, not for the dialog around it. */

/** Put on what takes Escape for itself. */
export const OWN_ESCAPE = { 'data-own-escape': true } as const

/** For a dialog's `onEscapeKeyDown`. */
export function leaveEscapeToForms(event: KeyboardEvent): void {
  const { target } = event
  if (!(target instanceof Element) || target.closest('[data-own-escape]') === null) return
  if (target instanceof HTMLInputElement && target.type === 'search' && target.value === '') return
  event.preventDefault()
}
