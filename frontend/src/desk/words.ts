/** Dates, lists and numbers in the reader's own way of writing them. */
import type { Channel } from '../api/types'

/** `9:41`, in the reader's locale. */
export function clock(timestamp: string): string {
  return new Date(timestamp).toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' })
}

/** `12 May`, with the year only when it is another one. */
export function day(timestamp: string, now: Date = new Date()): string {
  const date = new Date(timestamp)
  const sameYear = date.getFullYear() === now.getFullYear()
  return date.toLocaleDateString(undefined, { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) })
}

/** `today`, `yesterday`, or the date: to stand inside a sentence. */
export function onDay(timestamp: string, now: Date = new Date()): string {
  const days = Math.round((midnight(now) - midnight(new Date(timestamp))) / 86_400_000)
  return days === 0 ? 'today' : days === 1 ? 'yesterday' : day(timestamp, now)
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

/** The heading under which something of that time stands: Today, Yesterday, This week, or the month. */
export function dayGroup(timestamp: string, now: Date = new Date()): string {
  const date = new Date(timestamp)
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000)
  if (days <= 0) return 'Today'
  if (days === 1) return 'Yesterday'
  if (days < 7) return 'Earlier this week'
  return date.toLocaleDateString(undefined, { month: 'long', year: 'numeric' })
}

/** `voice and chat`. */
export function channelWords(channels: readonly Channel[]): string {
  return (['voice', 'chat'] as const).filter((channel) => channels.includes(channel)).join(' and ')
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** `0:47`, or `1:02:09`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** `310 ms`, or `2.4 s` from ten seconds' tenth on. */
export function milliseconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** The first words of a passage, whole words, with an ellipsis where something is left out. */
export function firstWords(text: string, limit: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  if (line.length <= limit) return line
  const cut = line.lastIndexOf(' ', limit)
  return `${line.slice(0, cut > limit / 2 ? cut : limit)}…`
}
