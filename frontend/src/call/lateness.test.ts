import { expect, test } from 'vitest'
import { Lateness } from './lateness'

test('tells how late the sound directly behind a stamped message is, on whatever clocks', () => {
  const lateness = new Lateness()
  expect(lateness.of(1)).toBeUndefined()
  lateness.heard(null, 500_000, 1_020) // the quickest: 20 ms, or a thousand years
  lateness.heard(null, 501_500, 2_640)
  lateness.heard(7, 502_000, 3_050)
  expect(lateness.of(8)).toEqual({ lateMs: 30, worstMs: 120 })
  expect(lateness.of(9)).toBeUndefined()
  expect(lateness.of(null)).toBeUndefined()
})

test('forgets what came before a minute and a half ago', () => {
  const lateness = new Lateness()
  lateness.heard(null, 0, 0)
  for (let i = 1; i <= 60; i++) lateness.heard(i, 1500 * i, 1500 * i + 40)
  expect(lateness.of(61)).toEqual({ lateMs: 0, worstMs: 0 })
})
