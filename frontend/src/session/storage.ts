/** sessionStorage that also works where the browser blocks it: then a value lives as long as the page. */

const fallback = new Map<string, string>()

export function readSession(key: string): string | null {
  try {
    return window.sessionStorage.getItem(key) ?? fallback.get(key) ?? null
  } catch {
    return fallback.get(key) ?? null
  }
}

/** Store a value; null removes it. */
export function writeSession(key: string, value: string | null): void {
  if (value === null) fallback.delete(key)
  try {
    if (value === null) window.sessionStorage.removeItem(key)
    else window.sessionStorage.setItem(key, value)
  } catch {
    if (value !== null) fallback.set(key, value)
  }
}
