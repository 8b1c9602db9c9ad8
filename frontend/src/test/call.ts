/** A call's two ends, for tests of what stands between them. */
import type { Line } from '../audio/arrivalTimes'
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
  /** `count` samples of an item, as the service sends them to who asked for binary sound. */
  sound(itemId: string, count: number, seq: number) {
    const name = new TextEncoder().encode(itemId)
    const size = 8 + name.length + (name.length % 2)
    const frame = new ArrayBuffer(size + 2 * count)
    const head = new DataView(frame)
    head.setUint8(0, 1)
    head.setUint8(1, size)
    head.setUint16(2, name.length, true)
    head.setUint32(4, seq, true)
    new Uint8Array(frame).set(name, 8)
    for (let i = 0; i < count; i++) head.setInt16(size + 2 * i, i - 1200, true)
    this.onmessage?.({ data: frame })
  }
  drop(code: number) {
    this.readyState = 3
    this.onclose?.({ code })
  }
}

export class FakeAudio implements CallAudio {
  readonly did: unknown[] = []
  play(itemId: string, samples: Int16Array, line?: Line) {
    this.did.push(line ? ['play', itemId, samples.length, line] : ['play', itemId, samples.length])
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
