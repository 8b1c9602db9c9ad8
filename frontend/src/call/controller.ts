/**
 * One call: does what the reducer's states ask for. Holds the socket, the sound and the timers; knows nothing of React.
 *
 * Sound never waits for the page: captured frames go from the worklet's message straight into the socket, and arriving
 * speech straight to the playback worklet.
 */
import type { AudioListener, CallAudio } from '../audio/engine'
import { MicrophoneError } from '../audio/engine'
import type { CaptureMessage, PlaybackMessage } from '../audio/messages'
import { decodeBase64Pcm16, wireMs } from '../audio/pcm'
import { asProblem } from '../api/problems'
import type { ConversationAction } from '../conversation/turns'
import { NO_CALL, callReducer, isOpen, type Call, type CallEvent } from './machine'
import { parseServerMessage, type ClientMessage, type ServerMessage } from './protocol'
import { TraceHistory } from './traceHistory'
import { MICROPHONE_LOST, closeTrouble, microphoneTrouble, problemTrouble, type Trouble } from './trouble'
import { WaterfallClock, type Waterfall } from './waterfall'

export interface CallSnapshot {
  readonly call: Call
  readonly waterfall: Waterfall | null
}

export interface CallDependencies {
  openAudio(listener: AudioListener): Promise<CallAudio>
  openSocket(url: string, protocols: string[]): WebSocket
  /** The address and subprotocols for a session; asked at each connection, since tickets are for one. Raises ProblemError. */
  address(sessionId: string, agentId: string): Promise<{ url: string; protocols: string[] }>
}

/** Who wants to know what happens in the call. */
export interface CallSinks {
  onConversation(action: ConversationAction): void
  /** The service says who speaks now. */
  onAgent(agentId: string): void
  /** A turn was completed, or the call ended: the store may know more than the page. */
  onSettled(): void
}

/** No first message for this long counts as a lost connection. */
const CONNECT_TIMEOUT_MS = 15_000
/** Unsent bytes past which captured sound is left out: two seconds of it. A call that lags is worse than one with a gap. */
const BACKLOG_BYTES = 96_000

export class CallController {
  readonly trace = new TraceHistory()
  private sinks: CallSinks = { onConversation: () => undefined, onAgent: () => undefined, onSettled: () => undefined }
  private snapshot: CallSnapshot = { call: NO_CALL, waterfall: null }
  private readonly listeners = new Set<() => void>()
  private readonly with: CallDependencies
  private readonly clock = new WaterfallClock()
  private audio: CallAudio | null = null
  private socket: WebSocket | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private told: Trouble | null = null
  private lastSeq = 0
  private sessionId = ''
  private agentId = ''
  /** Counts calls, so that what comes late from an earlier one is recognised. */
  private generation = 0

  constructor(dependencies: CallDependencies) {
    this.with = dependencies
  }

  /** Say who wants to know; the last one told stays. */
  report(sinks: CallSinks): void {
    this.sinks = sinks
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  getSnapshot = (): CallSnapshot => this.snapshot

  /** Begin a call. From a click: the browser lets sound start only then. */
  async start(sessionId: string, agentId: string): Promise<void> {
    if (isOpen(this.snapshot.call)) return
    const generation = ++this.generation
    this.sessionId = sessionId
    this.agentId = agentId
    this.lastSeq = 0
    this.trace.clear()
    this.dispatch({ type: 'called' })
    let audio: CallAudio
    try {
      audio = await this.with.openAudio({
        onFrame: (message) => this.captured(message),
        onPlayback: (event) => this.played(event),
        onMicrophoneLost: () => this.fail(MICROPHONE_LOST),
      })
    } catch (error) {
      if (generation === this.generation) {
        this.dispatch({ type: 'failed', trouble: microphoneTrouble(error instanceof MicrophoneError ? error.trouble : 'unsupported') })
      }
      return
    }
    if (generation !== this.generation) {
      audio.close()
      return
    }
    this.audio = audio
    window.addEventListener('offline', this.wentOffline)
    window.addEventListener('online', this.retry)
    this.dispatch({ type: 'microphoneReady' })
    void this.connect()
  }

  /** End the call; nothing more is captured from here on. */
  hangUp(): void {
    if (!isOpen(this.snapshot.call) && this.snapshot.call.phase.name !== 'failed') return
    this.release()
    this.dispatch({ type: 'hungUp' })
    this.sinks.onConversation({ type: 'callEnded' })
    this.sinks.onSettled()
  }

  /** Connect again now, instead of waiting or after the automatic retries are used up. */
  retry = (): void => {
    if (this.snapshot.call.phase.name !== 'lost') return
    clearTimeout(this.timer)
    this.dispatch({ type: 'retry' })
    void this.connect()
  }

  setMuted(muted: boolean): void {
    this.audio?.setMuted(muted)
    this.dispatch({ type: 'muted', on: muted })
  }

  /** Hand over to another assistant; the service confirms with `agent_switched`. */
  switchAgent(agentId: string): void {
    if (this.snapshot.call.phase.name === 'live') {
      this.send({ type: 'agent', agent_id: agentId })
      return
    }
    this.agentId = agentId
    this.sinks.onAgent(agentId)
  }

  /** Say something in writing; the assistant answers aloud. Returns false when there is no connection. */
  say(content: string): boolean {
    if (this.snapshot.call.phase.name !== 'live') return false
    const at = new Date().toISOString()
    this.sinks.onConversation({ type: 'typedInCall', key: `typed-${crypto.getRandomValues(new Uint32Array(2)).join('')}`, text: content, agentId: this.agentId, at })
    return this.send({ type: 'text', content })
  }

  /** Stop the assistant without a word. */
  quiet(): void {
    this.audio?.flush()
    this.send({ type: 'cancel' })
  }

  dismissNotice(): void {
    this.dispatch({ type: 'noticeRead' })
  }

  private dispatch(event: CallEvent): void {
    const call = callReducer(this.snapshot.call, event)
    if (call !== this.snapshot.call) this.publish({ ...this.snapshot, call })
  }

  private publish(snapshot: CallSnapshot): void {
    this.snapshot = snapshot
    for (const listener of this.listeners) listener()
  }

  private async connect(): Promise<void> {
    const { generation } = this
    this.told = null
    try {
      const { url, protocols } = await this.with.address(this.sessionId, this.agentId)
      if (generation === this.generation) this.open(url, protocols)
    } catch (error) {
      if (generation === this.generation) this.lost(problemTrouble(asProblem(error)))
    }
  }

  private open(url: string, protocols: string[]): void {
    const socket = this.with.openSocket(url, protocols)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    this.timer = setTimeout(() => this.drop(socket, closeTrouble(1006, null)), CONNECT_TIMEOUT_MS)
    socket.onopen = () => {
      if (this.lastSeq > 0) this.send({ type: 'hello', resume_after: this.lastSeq })
    }
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (socket !== this.socket || typeof data !== 'string') return
      const message = parseServerMessage(data)
      if (message) this.received(message)
    }
    socket.onclose = ({ code }: CloseEvent) => {
      if (socket !== this.socket) return
      this.drop(socket, code === 1000 ? null : closeTrouble(code, this.told))
    }
  }

  /** The connection is over; `trouble` is null when the service said good-bye. */
  private drop(socket: WebSocket, trouble: Trouble | null): void {
    clearTimeout(this.timer)
    this.socket = null
    socket.close()
    this.lost(trouble)
  }

  private lost(trouble: Trouble | null): void {
    this.dispatch({ type: 'closed', trouble })
    const { phase } = this.snapshot.call
    if (phase.name === 'lost') {
      if (phase.retryInMs !== null) this.timer = setTimeout(this.retry, phase.retryInMs)
      return
    }
    this.release()
    this.sinks.onConversation({ type: 'callEnded' })
    this.sinks.onSettled()
  }

  private fail(trouble: Trouble): void {
    this.release()
    this.dispatch({ type: 'failed', trouble })
    this.sinks.onConversation({ type: 'callEnded' })
    this.sinks.onSettled()
  }

  private release(): void {
    this.generation++
    clearTimeout(this.timer)
    window.removeEventListener('offline', this.wentOffline)
    window.removeEventListener('online', this.retry)
    this.audio?.close()
    this.audio = null
    const { socket } = this
    this.socket = null
    socket?.close(1000)
  }

  private wentOffline = (): void => {
    // A socket can take minutes to notice; the browser knows now.
    if (this.socket) this.drop(this.socket, closeTrouble(1006, null))
  }

  private send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false
    this.socket.send(JSON.stringify(message))
    return true
  }

  private captured({ pcm, peak, rms }: CaptureMessage): void {
    this.trace.spoken(peak)
    this.clock.frame(rms, performance.now())
    // While the service still prepares the call, it keeps the first words.
    if (this.socket?.readyState !== WebSocket.OPEN) return
    const slow = this.socket.bufferedAmount > BACKLOG_BYTES
    if (!slow) this.socket.send(pcm)
    this.dispatch({ type: 'slow', on: slow })
  }

  private played(event: PlaybackMessage): void {
    if (event.type === 'level') {
      this.trace.heard(event.peak)
    } else if (event.type === 'started') {
      this.dispatch({ type: 'sounding', on: true })
      const waterfall = this.clock.firstSound(performance.now() + (this.audio?.outputDelayMs() ?? 0))
      if (waterfall) this.publish({ ...this.snapshot, waterfall })
    } else if (event.type !== 'gap') {
      // What has left the worklet is heard a little later; at the end of an answer all of it will be.
      const delay = event.type === 'finished' ? 0 : (this.audio?.outputDelayMs() ?? 0)
      const ms = Math.max(0, Math.round(event.ms - delay))
      this.send({ type: 'played', item_id: event.itemId, ms })
      if (event.type !== 'position') this.dispatch({ type: 'sounding', on: false })
      if (event.type === 'flushed') this.sinks.onConversation({ type: 'interrupted', itemId: event.itemId, heardMs: ms })
      else this.sinks.onConversation({ type: 'soundPlayed', itemId: event.itemId, ms, finished: event.type === 'finished' })
    }
  }

  private received(message: ServerMessage): void {
    if (message.seq !== null) this.lastSeq = message.seq
    if (this.snapshot.call.phase.name === 'connecting' && message.type === 'state') {
      // The first state says that the service is ready to listen; before it, the assistant's name alone comes.
      clearTimeout(this.timer)
      this.dispatch({ type: 'socketReady', at: Date.now() })
    }
    const at = new Date().toISOString()
    switch (message.type) {
      case 'agent_switched':
        this.agentId = message.agentId
        this.sinks.onAgent(message.agentId)
        break
      case 'state':
        this.dispatch({ type: 'activity', activity: message.state })
        break
      case 'transcription':
        this.transcribed(message, at)
        break
      case 'audio': {
        const samples = decodeBase64Pcm16(message.data)
        const ms = wireMs(samples.length)
        this.audio?.play(message.itemId, samples)
        this.sinks.onConversation({ type: 'soundArrived', itemId: message.itemId, ms, agentId: this.agentId, at })
        break
      }
      case 'audio_end':
        this.audio?.end(message.itemId)
        this.sinks.onConversation({ type: 'soundEnded', itemId: message.itemId })
        break
      case 'interrupted':
        this.audio?.flush(message.itemId)
        if (message.heardMs !== null) {
          this.sinks.onConversation({ type: 'interrupted', itemId: message.itemId, heardMs: message.heardMs })
        }
        break
      case 'tool':
        this.sinks.onConversation({ type: 'toolWorks', callId: message.callId, name: message.name, works: message.status === 'started' })
        break
      case 'error':
        this.told = { code: message.code, happened: message.message, remedy: '', retryable: message.retryable }
        this.dispatch({ type: 'told', trouble: this.told })
        break
    }
  }

  private transcribed(message: Extract<ServerMessage, { type: 'transcription' }>, at: string): void {
    const agentId = message.agentId ?? this.agentId
    const final = message.status === 'complete'
    const now = performance.now()
    if (message.speaker === 'assistant') {
      if (message.text) this.clock.firstWord(now)
      this.sinks.onConversation({ type: 'saidByAgent', itemId: message.itemId, text: message.text, final, unheard: message.unheard, agentId, at })
    } else {
      if (message.status === 'processing') this.clock.turnEnded(now)
      if (final) this.clock.understood(now)
      this.sinks.onConversation({ type: 'heardUser', itemId: message.itemId, text: message.text, final, agentId, at })
    }
    if (final) this.sinks.onSettled()
  }
}
