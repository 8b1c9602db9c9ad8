import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import type { TurnMetrics } from './protocol'
import { Waterfall } from './Waterfall'

const TURN: TurnMetrics = {
  itemId: 'a1',
  endOfSpeechMs: 500,
  transcriptMs: 120,
  firstTokenMs: 310.4,
  firstAudioMs: 420,
  heardMs: 1500,
  stopMs: null,
  underruns: 0,
  handOffMs: null,
  tools: [],
}

function rows(): [string | null, string | null][] {
  return screen.getAllByRole('term').map((term) => [term.textContent, term.parentElement?.querySelector('[data-measure]')?.textContent ?? null])
}

test('the waterfall shows each number of the service as it is, and bars that begin where the person’s turn was over', () => {
  render(<Waterfall turn={TURN} />)
  expect(rows()).toEqual([
    ['Turn end', '500 ms'],
    ['Understood', '120 ms'],
    ['First word', '310 ms'],
    ['First sound', '420 ms'],
    ['Heard', '1.5 s'],
  ])
  const bars = [...document.querySelectorAll<HTMLElement>('[aria-hidden=true] > div')].map(({ style }) => style.marginLeft)
  expect(bars).toEqual(['0%', '25%', '25%', '25%', '25%'])
  expect(screen.queryByText(/You came in|ran dry|Hand-over|Looked up/)).toBeNull()
})

test('the waterfall leaves out what did not happen or is not known, and says what went otherwise', () => {
  render(<Waterfall turn={{ ...TURN, endOfSpeechMs: null, transcriptMs: null, heardMs: null, stopMs: 84, underruns: 2, handOffMs: 700, tools: [{ name: 'search_memory', ms: 31 }] }} />)
  expect(rows().map(([name]) => name)).toEqual(['First word', 'First sound'])
  for (const remark of ['You came in; silent after 84 ms.', 'The sound ran dry 2 times.', 'Hand-over took 700 ms.', 'Looked up: search memory 31 ms.', 'Counted from the end of your turn. Measured by the service.']) {
    expect(screen.getByText(remark)).toBeInTheDocument()
  }
})
