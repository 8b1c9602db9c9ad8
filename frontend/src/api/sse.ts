/** Reads server-sent events (WHATWG HTML, section 9.2) from pieces of text, wherever the pieces are cut. */

export interface ServerEvent {
  readonly event: string
  readonly data: string
}

export class EventParser {
  private rest = ''
  private event = ''
  private data: string[] = []
  private started = false

  /** Take the next piece; return the events that it completes. */
  push(piece: string): ServerEvent[] {
    let text = this.rest + piece
    if (!this.started && text.length > 0) {
      this.started = true
      if (text.startsWith('\uFEFF')) text = text.slice(1)
    }
    const events: ServerEvent[] = []
    let start = 0
    for (;;) {
      const end = nextLineEnd(text, start)
      if (end === -1) break
      // A lone CR at the very end may be half of a CRLF: wait for what follows.
      if (text[end] === '\r' && end + 1 === text.length) break
      const done = this.line(text.slice(start, end))
      if (done) events.push(done)
      start = end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1)
    }
    this.rest = text.slice(start)
    return events
  }

  private line(line: string): ServerEvent | null {
    if (line === '') {
      const complete = this.data.length > 0 ? { event: this.event || 'message', data: this.data.join('\n') } : null
      this.event = ''
      this.data = []
      return complete
    }
    const colon = line.indexOf(':')
    if (colon === 0) return null
    const field = colon === -1 ? line : line.slice(0, colon)
    const raw = colon === -1 ? '' : line.slice(colon + 1)
    const value = raw.startsWith(' ') ? raw.slice(1) : raw
    if (field === 'event') this.event = value
    else if (field === 'data') this.data.push(value)
    return null
  }
}

function nextLineEnd(text: string, from: number): number {
  const lf = text.indexOf('\n', from)
  const cr = text.indexOf('\r', from)
  if (lf === -1) return cr
  return cr === -1 ? lf : Math.min(lf, cr)
}
