import { describe, expect, test } from 'vitest'
import { EventParser } from './sse'

const STREAM = 'event: delta\ndata: {"text": "Par"}\n\n: keep-alive\n\nevent: delta\r\ndata: {"text": "is é"}\r\n\r\nevent: done\rdata: {"a":1,\rdata: "b":2}\r\r'
const EVENTS = [
  { event: 'delta', data: '{"text": "Par"}' },
  { event: 'delta', data: '{"text": "is é"}' },
  { event: 'done', data: '{"a":1,\n"b":2}' },
]

describe('the event parser', () => {
  test('reads the same events wherever the stream is cut', () => {
    for (let size = 1; size <= STREAM.length; size++) {
      const parser = new EventParser()
      const events = []
      for (let at = 0; at < STREAM.length; at += size) events.push(...parser.push(STREAM.slice(at, at + size)))
      // A CR at the very end may be half of a CRLF: it counts once something follows.
      events.push(...parser.push('\n'))
      expect(events).toEqual(EVENTS)
    }
  })

  test('gives an event without a name the name message, and none for data that never ends', () => {
    expect(new EventParser().push('data: x\n\ndata: y\n')).toEqual([{ event: 'message', data: 'x' }])
  })

  test('takes away one space after the colon, no more', () => {
    expect(new EventParser().push('data:  two\n\n')).toEqual([{ event: 'message', data: ' two' }])
  })

  test('ignores a byte order mark, comments and unknown fields', () => {
    expect(new EventParser().push('\uFEFF: hi\nid: 7\nretry: 5\nfoo\ndata: x\n\n')).toEqual([{ event: 'message', data: 'x' }])
  })
})
