/** Gives the focus back to what opened a dialog. Radix does it only for its own triggers; ours are opened from the desk. */
import { useRef } from 'react'

export function useReturnFocus() {
  const opener = useRef<Element | null>(null)
  return {
    onOpenAutoFocus: () => {
      opener.current = document.activeElement
    },
    onCloseAutoFocus: (event: Event) => {
      event.preventDefault()
      // Something that the dialog led to (a turn, a row) may have the focus by now.
      if (document.activeElement !== document.body && document.activeElement !== null) return
      if (opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus()
    },
  }
}
