/**
 * One line drawn from the real sound of the call, in the colour of whoever speaks; flat when it is quiet.
 *
 * Under reduced motion it is a level bar. For the eye only: the caption says the same in words.
 */
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { TRACE_POINTS, type TraceHistory } from './traceHistory'

const REDUCED = '(prefers-reduced-motion: reduce)'

function useReducedMotion(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = window.matchMedia(REDUCED)
      query.addEventListener('change', listener)
      return () => query.removeEventListener('change', listener)
    },
    () => window.matchMedia(REDUCED).matches,
  )
}

export function Trace({ history }: { history: TraceHistory }) {
  return useReducedMotion() ? <LevelBar history={history} /> : <Line history={history} />
}

/** Speech rarely uses the whole range: this much louder on the page. */
const GAIN = 1.6

function Line({ history }: { history: TraceHistory }) {
  const canvas = useRef<HTMLCanvasElement>(null)

  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context) return undefined
    let frame = 0
    let drawn = -1
    const draw = () => {
      frame = requestAnimationFrame(draw)
      const ratio = window.devicePixelRatio || 1
      const { clientWidth: width, clientHeight: height } = element
      const resized = element.width !== Math.round(width * ratio) || element.height !== Math.round(height * ratio)
      if (!resized && drawn === history.version) return
      if (resized) {
        element.width = Math.round(width * ratio)
        element.height = Math.round(height * ratio)
      }
      drawn = history.version
      const style = getComputedStyle(element)
      drawTrace(context, history, width, height, ratio, style.color, style.getPropertyValue('--agent').trim())
    }
    draw()
    return () => cancelAnimationFrame(frame)
  }, [history])

  return <canvas ref={canvas} data-trace aria-hidden="true" className="block h-[54px] w-full text-ink" />
}

function drawTrace(context: CanvasRenderingContext2D, history: TraceHistory, width: number, height: number, ratio: number, yours: string, theirs: string) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  context.lineWidth = 2.2
  context.lineCap = 'round'
  context.lineJoin = 'round'
  const middle = height / 2
  let x = 0
  let y = middle
  let colour = ''
  for (let i = 0; i < TRACE_POINTS; i++) {
    const index = (history.start + i) % TRACE_POINTS
    const peak = Math.max(-1, Math.min(1, (history.peaks[index] ?? 0) * GAIN))
    const nextX = (i / (TRACE_POINTS - 1)) * width
    const nextY = middle - peak * (middle - 2)
    const nextColour = history.theirs[index] === 1 && theirs ? theirs : yours
    if (nextColour !== colour) {
      if (colour) context.stroke()
      colour = nextColour
      context.strokeStyle = colour
      context.beginPath()
      context.moveTo(x, y)
    }
    context.lineTo(nextX, nextY)
    x = nextX
    y = nextY
  }
  context.stroke()
}

/** Twice a second is calm and still tells that the microphone hears. */
const BAR_EVERY_MS = 500

function LevelBar({ history }: { history: TraceHistory }) {
  const bar = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const timer = setInterval(() => {
      const { peak, theirs } = history.latest()
      if (!bar.current) return
      bar.current.style.width = `${Math.min(100, Math.abs(peak) * GAIN * 100)}%`
      bar.current.dataset['who'] = theirs ? 'them' : 'you'
    }, BAR_EVERY_MS)
    return () => clearInterval(timer)
  }, [history])
  return (
    <div data-level aria-hidden="true" className="my-3 h-2 rounded-full bg-line">
      <div ref={bar} className="h-2 w-0 rounded-full bg-ink data-[who=them]:bg-agent" />
    </div>
  )
}
