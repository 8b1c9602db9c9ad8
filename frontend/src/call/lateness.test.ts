/** How late sound is, by clocks that differ, and that a call hands it to the playback with an answer's first piece. */
import { expect, test, vi } from 'vitest'
import { FakeAudio, FakeSocket } from '../test/call'
import { CallController } from './controller'
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

test('goes with the first sound of an answer to who holds it back', async () => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeSocket)
  const audio = new FakeAudio()
  const socket = new FakeSocket('ws://x', [])
  const controller = new CallController({
    openAudio: async () => audio,
    openSocket: () => socket as unknown as WebSocket,
    address: async () => ({ url: 'ws://x', protocols: [] }),
  })
  await controller.start('s1', 'elena')
  socket.open()
  socket.say({ type: 'pong', at_ms: 70_000 })
  vi.advanceTimersByTime(100)
  socket.say({ type: 'state', state: 'thinking', at_ms: 70_020, seq: 1 })
  vi.advanceTimersByTime(1000)
  socket.say({ type: 'state', state: 'speaking', at_ms: 71_070, seq: 2 })
  socket.sound('a1', 2400, 3)
  socket.sound('a1', 2400, 4)
  expect(audio.did).toEqual([['play', 'a1', 2400, { lateMs: 30, worstMs: 80 }], ['play', 'a1', 2400]])
  controller.hangUp()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
