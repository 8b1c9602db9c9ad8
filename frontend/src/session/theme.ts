/** Light, dark, or as the system says. Only a choice that differs from the system is stored. `public/theme.js` applies it at load. */
import { useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'engram_theme'
const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }

function stored(): Theme {
  const set = document.documentElement.dataset['theme']
  return set === 'light' || set === 'dark' ? set : 'system'
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // Storage is blocked: the choice lasts until the page is reloaded.
  }
}

/** The theme and a function that goes to the next one. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(stored)
  return [
    theme,
    () => {
      const next = NEXT[theme]
      apply(next)
      setTheme(next)
    },
  ]
}
