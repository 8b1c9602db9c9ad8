import { expect, test } from 'vitest'
import { parseServerMessage, parseSound } from './protocol'

/** As `binary_sound` of the service writes it: kind, size of the head, length of the id, number, id, samples. */
const frame = (...bytes: number[]) => Uint8Array.from(bytes).buffer

test('sound comes as samples, as a binary message and as JSON', () => {
  const samples = Int16Array.from([1, -2])
  const bytes = [1, 0, 0xfe, 0xff]
  const same = { type: 'audio', itemId: 'abc', seq: 258, samples }
  expect(parseSound(frame(1, 12, 3, 0, 2, 1, 0, 0, 97, 98, 99, 0, ...bytes))).toEqual(same)
  expect(parseServerMessage(JSON.stringify({ type: 'audio', data: btoa(String.fromCodePoint(...bytes)), item_id: 'abc', seq: 258 }))).toEqual(same)
})

test.each([
  ['empty', frame()],
  ['shorter than a head', frame(1, 8, 0, 0)],
  ['of another kind', frame(2, 8, 0, 0, 1, 0, 0, 0, 1, 0)],
  ['with a head longer than itself', frame(1, 200, 2, 0, 1, 0, 0, 0, 97, 98)],
  ['with an id longer than its head', frame(1, 8, 9, 0, 1, 0, 0, 0, 1, 0)],
  ['with half a sample', frame(1, 8, 0, 0, 1, 0, 0, 0, 1)],
])('a binary frame %s is no sound', (_, bytes) => {
  expect(parseSound(bytes)).toBeNull()
})
