/** The few signs of the page, drawn in the text's colour. Decorative: the words stand beside them or in the label. */
import type { ReactNode } from 'react'

function Icon({ children, size = 18 }: { children: ReactNode; size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth={1.8} strokeLinecap="round" strokeLinejoin="round">
      {children}
    </svg>
  )
}

/** The trace: also the sign of the house. */
export const Mark = () => (
  <svg aria-hidden="true" width={26} height={26} viewBox="0 0 26 26" fill="none" stroke="currentColor" strokeWidth={2.1} strokeLinecap="round">
    <path d="M2 13h3l2.4-6 3.4 13 3.4-15 3 10 1.8-2H24" />
  </svg>
)

export const PhoneIcon = () => (
  <Icon>
    <path d="M5 4h3.2l1.6 4.2-2 1.6a12.5 12.5 0 0 0 6.4 6.4l1.6-2L20 15.8V19a1.6 1.6 0 0 1-1.7 1.6C10.6 20 4 13.4 3.4 5.7A1.6 1.6 0 0 1 5 4Z" />
  </Icon>
)

export const DictateIcon = () => (
  <Icon>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </Icon>
)

export const SendIcon = () => (
  <Icon>
    <path d="M12 19V5M6 11l6-6 6 6" />
  </Icon>
)

export const StopIcon = () => (
  <Icon>
    <rect x="6.5" y="6.5" width="11" height="11" rx="2" fill="currentColor" />
  </Icon>
)

export const ListIcon = () => (
  <Icon>
    <path d="M4 7h16M4 12h16M4 17h10" />
  </Icon>
)

/** An open notebook: what they know. */
export const MemoryIcon = () => (
  <Icon>
    <path d="M12 6.5C10.2 5.2 7.4 4.6 3.5 4.7v13c3.9-.1 6.7.5 8.5 1.8 1.8-1.3 4.6-1.9 8.5-1.8v-13c-3.9-.1-6.7.5-8.5 1.8ZM12 6.5v13" />
  </Icon>
)

export const CloseIcon = () => (
  <Icon>
    <path d="M6 6l12 12M18 6L6 18" />
  </Icon>
)
