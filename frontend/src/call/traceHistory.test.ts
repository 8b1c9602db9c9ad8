import { describe, expect, test } from 'vitest'
import { TRACE_POINTS, TraceHistory } from './traceHistory'

describe('the trace', () => {
  test('shows whoever is louder, and is flat when it is quiet', () => {
    const trace = new TraceHistory()
    trace.heard(-0.4)
    trace.spoken(0.1)
    expect(trace.latest()).toEqual({ peak: expect.closeTo(-0.4), theirs: true })
    trace.spoken(0.6)
    expect(trace.latest()).toEqual({ peak: expect.closeTo(0.6), theirs: false })
    trace.spoken(0)
    expect(trace.latest()).toEqual({ peak: 0, theirs: false })
  })

  test('has no hole where the assistant’s level comes a moment late, and ends when no more comes', () => {
    const trace = new TraceHistory()
    trace.heard(0.4)
    trace.spoken(0)
    trace.spoken(0)
    expect(trace.latest().theirs).toBe(true)
    trace.spoken(0)
    expect(trace.latest()).toEqual({ peak: 0, theirs: false })
  })

  test('keeps the last points in order and counts them', () => {
    const trace = new TraceHistory()
    for (let i = 1; i <= TRACE_POINTS + 3; i++) trace.spoken(i / 1000)
    expect(trace.version).toBe(TRACE_POINTS + 3)
    expect(trace.peaks[trace.start]).toBeCloseTo(4 / 1000)
    trace.clear()
    expect(trace.peaks.every((peak) => peak === 0)).toBe(true)
  })
})
