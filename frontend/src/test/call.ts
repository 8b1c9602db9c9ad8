/** A call's two ends, for tests of what stands between them. */
import type { CallAudio } from '../audio/engine'

/** A socket that keeps what is sent and says what it is told to. */
export class FakeSocket {
  static readonly OPEN = 1
  readyState = 0
  bufferedAmount = 0
  binaryType = ''
  readonly sent: unknown[] = []
  /** What keeps the connection, apart from what is said over it. */
  readonly kept: { type: string; seen?: number; resume_after?: number; playing?: object }[] = []
  closedWith: number | undefined
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  readonly url: string
  readonly protocols: string[]

  constructor(url: string, protocols: string[]) {
    this.url = url
    this.protocols = protocols
  }

  send(data: unknown) {
    const message = typeof data === 'string' ? (JSON.parse(data) as FakeSocket['kept'][number]) : null
    if (message?.type === 'hello' || message?.type === 'ping') this.kept.push(message)
    else this.sent.push(message ?? data)
  }
  close(code?: number) {
    this.readyState = 3
    this.closedWith ??= code
  }
  open() {
    this.readyState = 1
    this.onopen?.()
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  drop(code: number) {
    this.readyState = 3
    this.onclose?.({ code })
  }
}

export class FakeAudio implements CallAudio {
  readonly did: unknown[] = []
  play(itemId: string, samples: Int16Array) {
    this.did.push(['play', itemId, samples.length])
  }
  end(itemId: string) {
    this.did.push(['end', itemId])
  }
  flush(itemId?: string) {
    this.did.push(['flush', itemId])
  }
  resume(itemId: string, fromMs: number) {
    this.did.push(['resume', itemId, fromMs])
  }
  setMuted(muted: boolean) {
    this.did.push(['muted', muted])
  }
  outputDelayMs() {
    return 20
  }
  close() {
    this.did.push(['close'])
  }
}
