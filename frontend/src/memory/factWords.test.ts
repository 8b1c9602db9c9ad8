import { describe, expect, test } from 'vitest'
import { day } from '../desk/words'
import { fact, proof } from '../test/service'
import { cameFrom, doubt, validity } from './factWords'
import { periodWords } from './sources'

const NOW = new Date('2026-05-20T12:00:00')
const AT = (text: string) => new Date(text).toISOString()
const TODAY = AT('2026-05-20T09:00:00')
const MAY_12 = AT('2026-05-12T09:00:00')
const JUNE = AT('2026-06-03T00:00:00')
const inUtc = (at: string) => new Date(at).toLocaleDateString(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const d = (at: string) => day(at, NOW)

describe('where a fact came from', () => {
  test.each([
    ['aloud today', fact('f', 'x', { provenance: [proof({ channel: 'voice', said_at: TODAY })] }), 'You said so, today, aloud'],
    ['in writing on a day', fact('f', 'x', { provenance: [proof({ said_at: MAY_12 })] }), `You typed it, ${d(MAY_12)}`],
    ['by its newest proof', fact('f', 'x', { provenance: [proof({ said_at: MAY_12 }), proof({ channel: 'voice', said_at: TODAY })] }), 'You said so, today, aloud'],
    ['from the person’s own hand', fact('f', 'x', { source: 'user', recorded_at: TODAY, provenance: [] }), 'You added it, today'],
    ['changed by hand', fact('f', 'Works at Bosch.', { source: 'user', recorded_at: TODAY, provenance: [], replaces: { id: 'o', text: 'Works at Siemens.' } }), 'You changed it, today · was “Siemens”'],
    ['replacing another', fact('f', 'The deadline is 3 May.', { provenance: [proof({ said_at: TODAY })], replaces: { id: 'o', text: 'The deadline is end of May.' } }), 'Since today · was “end of May” until then'],
    ['replacing another from a known day on', fact('f', 'Works at Bosch.', { valid_from: MAY_12, replaces: { id: 'o', text: 'Is a student.' } }), `Since ${d(MAY_12)} · was “Is a student” until then`],
    ['to be true later', fact('f', 'Works at Bosch.', { valid_from: JUNE, replaces: { id: 'o', text: 'Works at Siemens.' } }), `From ${d(JUNE)} · was “Siemens” until then`],
    ['no longer true', fact('f', 'x', { current: false, superseded_at: TODAY, provenance: [proof({ said_at: MAY_12 })] }), `Until today · you typed it, ${d(MAY_12)}`],
    ['imported', fact('f', 'x', { source: 'import', recorded_at: MAY_12, provenance: [] }), `Brought in from elsewhere, ${d(MAY_12)}`],
    ['from Zep', fact('f', 'x', { source: 'zep', recorded_at: MAY_12, provenance: [] }), `From Zep, ${d(MAY_12)}`],
    ['without any account', fact('f', 'x', { recorded_at: null, provenance: [] }), 'Noted'],
  ])('%s', (_, one, words) => {
    expect(cameFrom(one, NOW)).toBe(words)
  })
})

describe('what else is known of a fact', () => {
  test('is when it was true', () => {
    expect(validity(fact('f', 'x'), NOW)).toBeNull()
    expect(validity(fact('f', 'x', { valid_from: MAY_12 }), NOW)).toBe(`True since ${d(MAY_12)}.`)
    expect(validity(fact('f', 'x', { valid_from: JUNE }), NOW)).toBe(`True from ${d(JUNE)}.`)
    expect(validity(fact('f', 'x', { valid_from: MAY_12, valid_to: TODAY }), NOW)).toBe(`Was true from ${d(MAY_12)} until ${d(TODAY)}.`)
    expect(validity(fact('f', 'x', { valid_to: JUNE }), NOW)).toBe(`True until ${d(JUNE)}.`)
  })

  test('is that memory is not sure of it', () => {
    expect(doubt(fact('f', 'x', { confidence: 0.5 }))).toContain('not sure')
    expect(doubt(fact('f', 'x', { confidence: 0.9 }))).toBeNull()
  })
})

test('a period is said in whole days, whatever the reader’s time zone', () => {
  const year = new Date().getUTCFullYear()
  const utc = (dayOfMonth: number) => `${year}-05-0${dayOfMonth}T00:00:00Z`
  expect(periodWords({ begin: utc(4), end: utc(5), words: 'last Monday' })).toBe(`“last Monday” as ${inUtc(utc(4))}`)
  expect(periodWords({ begin: utc(4), end: utc(9), words: 'that week' })).toBe(`“that week” as ${inUtc(utc(4))} to ${inUtc(utc(8))}`)
})
