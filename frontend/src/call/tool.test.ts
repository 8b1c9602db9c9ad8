import { expect, test } from 'vitest'
import { parseServerMessage } from './protocol'

const told = (status: string) => parseServerMessage(JSON.stringify({ type: 'tool', name: 'search_memory', status, call_id: 'c1', seq: 3 }))

test('a tool that works is read, and what it cannot be doing is not', () => {
  expect(told('started')).toEqual({ type: 'tool', name: 'search_memory', status: 'started', callId: 'c1', seq: 3 })
  expect(told('cancelled')).toMatchObject({ status: 'cancelled' })
  expect(told('asleep')).toBeNull()
  expect(parseServerMessage('{"type":"tool","status":"done"}')).toBeNull()
})
