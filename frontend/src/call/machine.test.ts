import { describe, expect, test } from 'vitest'
import { captionOf } from './caption'
import { BACK_OFF_MS, MAX_RETRIES, NO_CALL, callReducer, isOpen, type Call, type CallEvent } from './machine'
import { parseServerMessage } from './protocol'
import { closeTrouble } from './trouble'

const LOST = closeTrouble(1006, null)
const run = (events: CallEvent[], from: Call = NO_CALL) => events.reduce(callReducer, from)
const LIVE: CallEvent[] = [{ type: 'called' }, { type: 'microphoneReady' }, { type: 'socketReady', at: 1000 }]

describe('a call', () => {
  test('goes from the microphone over the connection to live', () => {
    expect(run(LIVE.slice(0, 1)).phase.name).toBe('microphone')
    expect(run(LIVE.slice(0, 2)).phase).toEqual({ name: 'connecting', attempt: 0, after: null })
    expect(run(LIVE)).toMatchObject({ phase: { name: 'live', activity: 'ready' }, startedAt: 1000 })
  })

  test('does not begin twice', () => {
    const live = run(LIVE)
    expect(callReducer(live, { type: 'called' })).toBe(live)
  })

  test('retries a lost connection at once, then with growing pauses, then waits for the person', () => {
    let call = run(LIVE)
    const pauses: (number | null)[] = []
    for (let i = 0; i <= MAX_RETRIES; i++) {
      call = callReducer(call, { type: 'closed', trouble: LOST })
      pauses.push(call.phase.name === 'lost' ? call.phase.retryInMs : -1)
      if (i < MAX_RETRIES) call = callReducer(call, { type: 'retry' })
    }
    expect(pauses.slice(0, 6)).toEqual([0, 250, 500, 1000, 2000, 2000])
    expect(pauses.at(-1)).toBeNull()
    expect(isOpen(call)).toBe(true)
  })

  test('counts attempts anew after it was live again, and keeps its clock', () => {
    const again = run([...LIVE, { type: 'closed', trouble: LOST }, { type: 'retry' }, { type: 'socketReady', at: 9000 }, { type: 'closed', trouble: LOST }])
    expect(again.phase).toMatchObject({ name: 'lost', attempt: 1, retryInMs: BACK_OFF_MS[0] })
    expect(again.startedAt).toBe(1000)
  })

  test('says nothing when the call itself went on, and that words may be missing when it began anew', () => {
    const back: CallEvent[] = [...LIVE, { type: 'closed', trouble: LOST }, { type: 'retry' }]
    expect(run([...back, { type: 'resumed', complete: true }, { type: 'socketReady', at: 9 }]).notice).toBeNull()
    const again = run([...back, { type: 'resumed', complete: false }, { type: 'socketReady', at: 9 }])
    expect(again.notice).toMatchObject({ remedy: 'If your last words were not answered, say them once more.' })
    expect(callReducer(again, { type: 'sounding', on: true }).notice).toBeNull()
  })

  test('keeps the mute over a reconnection', () => {
    expect(run([...LIVE, { type: 'muted', on: true }, { type: 'closed', trouble: LOST }, { type: 'retry' }, { type: 'socketReady', at: 2 }]).muted).toBe(true)
  })

  test('ends without a word at the service’s good-bye', () => {
    expect(run([...LIVE, { type: 'closed', trouble: null }])).toEqual(NO_CALL)
  })

  test.each([4400, 4403, 4409, 4411, 4412, 4429])('does not retry by itself after close code %i', (code) => {
    const call = run([...LIVE, { type: 'closed', trouble: closeTrouble(code, null) }])
    expect(call.phase.name).toBe('failed')
    expect(isOpen(call)).toBe(false)
  })

  test.each([1001, 1006, 1011, 1012, 4401, 4503])('retries by itself after close code %i', (code) => {
    expect(run([...LIVE, { type: 'closed', trouble: closeTrouble(code, null) }]).phase.name).toBe('lost')
  })

  test('says the service’s own reason and follows its word on retrying', () => {
    const told = { code: 'voicelive_unauthorised', happened: 'Failed to establish WebSocket connection: 401.', remedy: '', retryable: false }
    const call = run([...LIVE, { type: 'closed', trouble: closeTrouble(4503, told) }])
    expect(call.phase).toMatchObject({ name: 'failed', trouble: { happened: told.happened } })
  })

  test('does not call again by itself at a rate limit', () => {
    const told = { code: 'voicelive_rate_limited', happened: 'Too many.', remedy: '', retryable: true }
    expect(closeTrouble(4503, told).retryable).toBe(false)
  })

  test('goes on after an error that did not end it', () => {
    const call = run([...LIVE, { type: 'told', trouble: { code: 'bad_frame', happened: 'x', remedy: '', retryable: false } }])
    expect(call).toMatchObject({ phase: { name: 'live' }, notice: { code: 'bad_frame' } })
    expect(callReducer(call, { type: 'noticeRead' }).notice).toBeNull()
  })

  test('ignores what comes after it was hung up', () => {
    for (const late of [{ type: 'microphoneReady' }, { type: 'socketReady', at: 1 }, { type: 'activity', activity: 'speaking' }, { type: 'sounding', on: true }, { type: 'closed', trouble: LOST }, { type: 'retry' }] satisfies CallEvent[]) {
      expect(run([...LIVE, { type: 'hungUp' }, late])).toEqual(NO_CALL)
    }
  })
})

describe('the caption', () => {
  test('says who speaks by what sounds, not by what was sent', () => {
    const thinking = run([...LIVE, { type: 'activity', activity: 'thinking' }])
    expect(captionOf(thinking, 'Elena').lead).toBe('Elena is thinking')
    expect(captionOf(callReducer(thinking, { type: 'sounding', on: true }), 'Elena')).toEqual({ lead: 'Elena is speaking', hint: 'talk any time to come in', theirs: true })
  })

  test.each([
    [1, 'you are next, about 20 s'],
    [2, 'one call before you, about 20 s'],
    [5, '4 calls before you, about 20 s'],
  ])('says where a call stands in the queue: %i', (place, hint) => {
    const waiting = run([...LIVE.slice(0, 2), { type: 'waiting', queue: { place, seconds: 20 } }])
    expect(captionOf(waiting, 'Elena')).toEqual({ lead: 'Waiting for a free line', hint, theirs: false })
  })

  test('says that nobody hears a muted person', () => {
    expect(captionOf(run([...LIVE, { type: 'muted', on: true }]), 'Marcus')).toMatchObject({ lead: 'You are muted', hint: 'Marcus does not hear you' })
  })
})

describe('messages of the service', () => {
  test.each(['', 'x', '[]', 'null', '{}', '{"type":"nonsense"}', '{"type":"agent_switched"}', '{"type":"state","state":"dancing"}', '{"type":"transcription","status":"complete","text":"x"}', '{"type":"audio"}'])('are ignored when they are not of the documented form: %s', (frame) => {
    expect(parseServerMessage(frame)).toBeNull()
  })

  test('are read as documented', () => {
    expect(parseServerMessage('{"type":"transcription","status":"complete","text":"Hi","speaker":"assistant","item_id":"i","agent_id":"elena","unheard":"there","interrupted":true,"seq":4}')).toEqual({
      type: 'transcription', status: 'complete', text: 'Hi', speaker: 'assistant', itemId: 'i', agentId: 'elena', unheard: 'there', seq: 4,
    })
    expect(parseServerMessage('{"type":"state","state":"waiting","place":3,"seconds":41,"seq":6}')).toEqual({ type: 'waiting', queue: { place: 3, seconds: 41 }, seq: 6 })
    expect(parseServerMessage('{"type":"interrupted","item_id":"i","heard_ms":120,"seq":5}')).toEqual({ type: 'interrupted', itemId: 'i', heardMs: 120, seq: 5 })
    expect(parseServerMessage('{"type":"error","message":"No","code":"c","retryable":true}')).toMatchObject({ code: 'c', retryable: true, seq: null })
  })
})
