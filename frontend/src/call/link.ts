/**
 * What one socket of a call has that sockets do not: it says hello, notices when it is dead, and counts what has arrived.
 *
 * A socket can take minutes to find out that nobody is at the other end, so the page asks: every message counts as an answer.
 */
import { Lateness } from './lateness'
import type { ClientMessage } from './protocol'

/** How often the service is asked whether it is there, and told what has arrived. */
export const PING_EVERY_MS = 1500
/** Nothing heard for so long: the line is dead. */
export const DEAD_AFTER_MS = 4000
/** Captured sound that waits for a connection, newest last: three seconds. What is older is not worth saying any more. */
const HELD_FRAMES = 75
/** Unsent bytes past which captured sound is left out: two seconds of it. A call that lags is worse than one with a gap. */
const BACKLOG_BYTES = 96_000
/** Our own close code, for the service: this connection is given up, the call is not. */
const GIVEN_UP = 4000

/** What has arrived of a call, over all of its connections. */
export class Arrivals {
  last = 0

  /** Take a message's number; false for one that has come before. */
  take(seq: number | null): boolean {
    if (seq === null) return true
    if (seq <= this.last) return false
    this.last = seq
    return true
  }
}

export interface LinkListener {
  onMessage(frame: string | ArrayBuffer): void
  /** It is over, closed by the other side (with its code) or dead (1006). Called once, never after `giveUp` or `hangUp`. */
  onOver(code: number): void
}

export class Link {
  readonly lateness = new Lateness()
  private readonly socket: WebSocket
  private readonly arrivals: Arrivals
  private readonly held: ArrayBuffer[]
  private readonly timer: ReturnType<typeof setInterval>
  private heardAt = Date.now()
  private listener: LinkListener | null

  /** `held` outlives the link: sound captured while none is open. `hello` is said first of all. */
  constructor(socket: WebSocket, arrivals: Arrivals, held: ArrayBuffer[], hello: () => ClientMessage, listener: LinkListener) {
    this.socket = socket
    this.arrivals = arrivals
    this.held = held
    this.listener = listener
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      this.heardAt = Date.now()
      this.send(hello())
      for (const pcm of this.held.splice(0)) socket.send(pcm)
    }
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      this.heardAt = Date.now()
      if (typeof data === 'string' || data instanceof ArrayBuffer) this.listener?.onMessage(data)
    }
    socket.onclose = ({ code }: CloseEvent) => this.over(code)
    this.timer = setInterval(() => this.look(), PING_EVERY_MS)
  }

  get open(): boolean {
    return this.socket.readyState === WebSocket.OPEN
  }

  send(message: ClientMessage): boolean {
    if (!this.open) return false
    this.socket.send(JSON.stringify(message))
    return true
  }

  /** Send captured sound; false when the network does not keep up and it was left out. */
  sendSound(pcm: ArrayBuffer): boolean {
    if (this.socket.bufferedAmount > BACKLOG_BYTES) return false
    this.socket.send(pcm)
    return true
  }

  /** This connection is of no use any more; the call goes on over another. */
  giveUp(): void {
    this.release(GIVEN_UP)
  }

  hangUp(): void {
    this.release(1000)
  }

  private look(): void {
    if (!this.open) return
    if (Date.now() - this.heardAt > DEAD_AFTER_MS) this.over(1006)
    else this.send({ type: 'ping', seen: this.arrivals.last })
  }

  private over(code: number): void {
    const { listener } = this
    this.release(GIVEN_UP)
    listener?.onOver(code)
  }

  private release(code: number): void {
    clearInterval(this.timer)
    this.listener = null
    this.socket.close(code)
  }
}

/** Keep captured sound for the next connection. */
export function hold(held: ArrayBuffer[], pcm: ArrayBuffer): void {
  held.push(pcm)
  if (held.length > HELD_FRAMES) held.shift()
}
