/** Runs before each test file: the DOM matchers, a clean page after each test, and what jsdom lacks. */
import '@testing-library/jest-dom/vitest'
import { cleanup } from '@testing-library/react'
import { afterEach } from 'vitest'

afterEach(() => {
  cleanup()
  sessionStorage.clear()
  localStorage.clear()
})

// jsdom has no layout and no media queries.
window.matchMedia = (query) =>
  ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined }) as unknown as MediaQueryList
Element.prototype.scrollTo = () => undefined
Element.prototype.scrollIntoView = () => undefined
