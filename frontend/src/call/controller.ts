/**
 * One call: does what the reducer's states ask for. Holds the socket, the sound and the timers; knows nothing of React.
 *
 * Sound never waits for the page: captured frames go from the worklet's message straight into the socket, and arriving
 * speech straight back to it.
 */
import { MicrophoneError, type AudioListener, type CallAudio } from '../audio/engine'
import type { CaptureMessage, PlaybackMessage } from '../audio/messages'
import { wireMs } from '../audio/pcm'
import { asProblem } from '../api/problems'
import type { ConversationAction } from '../conversation/turns'
import { HeardSoFar } from './heardSoFar'
import { Arrivals, Link, hold } from './link'
import { NO_CALL, callReducer, isOpen, type Call, type CallEvent } from './machine'
import { PlaybackReports } from './playbackReports'
import { parseServerMessage, parseSound, type ClientMessage, type ServerMessage, type TurnMetrics } from './protocol'
import { TraceHistory } from './traceHistory'
import { MICROPHONE_LOST, closeTrouble, microphoneTrouble, problemTrouble, type Trouble } from './trouble'

export interface CallSnapshot {
  readonly call: Call
  /** What the service measured of the last answer that sounded; null before there was one. */
  readonly lastTurn: TurnMetrics | null
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
  /** Something was said that this page did not hear: it stands in the store. `anew`: the call had to begin anew. */
  onMissed(anew: boolean): void
}

/** No first message for this long counts as a lost connection. */
const CONNECT_TIMEOUT_MS = 15_000
/** A connection that comes back has to open within this, with each further attempt in a row twice as long. */
const OPEN_TIMEOUT_MS = 2500
/** How long the person is without a connection before the page says more than "reconnecting". */
const LONG_AWAY_MS = 5000

export class CallController {
  readonly trace = new TraceHistory()
  private sinks: CallSinks = { onConversation: () => undefined, onAgent: () => undefined, onSettled: () => undefined, onMissed: () => undefined }
  private snapshot: CallSnapshot = { call: NO_CALL, lastTurn: null }
  private readonly listeners = new Set<() => void>()
  private readonly with: CallDependencies
  private readonly reports = new PlaybackReports()
  private audio: CallAudio | null = null
  private link: Link | null = null
  private arrivals = new Arrivals()
  private held: ArrayBuffer[] = []
  private heardSoFar = new HeardSoFar()
  private callId = ''
  /** The service has asked to connect anew after so long. */
  private movedAfterMs: number | null = null
  /** Counts attempts to connect: the address of one that was given up is of no use. */
  private attempt = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private awayTimer: ReturnType<typeof setTimeout> | undefined
  private told: Trouble | null = null
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
    this.callId = crypto.randomUUID()
    this.arrivals = new Arrivals()
    this.held = []
    this.heardSoFar = new HeardSoFar()
    this.trace.clear()
    this.reports.clear()
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
    window.addEventListener('online', this.cameOnline)
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
    const attempt = ++this.attempt
    const { phase } = this.snapshot.call
    const again = phase.name === 'connecting' && phase.after !== null ? phase.attempt : 0
    this.within(again > 0 ? Math.min(CONNECT_TIMEOUT_MS, OPEN_TIMEOUT_MS * 2 ** (again - 1)) : CONNECT_TIMEOUT_MS)
    const current = () => generation === this.generation && attempt === this.attempt
    try {
      const { url, protocols } = await this.with.address(this.sessionId, this.agentId)
      if (current()) this.open(url, protocols)
    } catch (error) {
      if (current()) this.drop(problemTrouble(asProblem(error)))
    }
  }

  private open(url: string, protocols: string[]): void {
    const link: Link = new Link(
      this.with.openSocket(url, protocols),
      this.arrivals,
      this.held,
      () => {
        if (link === this.link) this.within(CONNECT_TIMEOUT_MS)
        return { type: 'hello', resume_after: this.arrivals.last, call_id: this.callId, playing: this.heardSoFar.playing, binary: true }
      },
      {
        onMessage: (frame) => {
          const message = typeof frame === 'string' ? parseServerMessage(frame) : parseSound(frame)
          if (message) this.received(message)
        },
        onOver: (code) => this.drop(code === 1000 ? null : closeTrouble(code, this.told)),
      },
    )
    this.link = link
  }

  /** The connection being made has to stand within this time. */
  private within(ms: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.drop(closeTrouble(1006, null)), ms)
  }

  /** The connection is over; `trouble` is null when the service said good-bye. */
  private drop(trouble: Trouble | null): void {
    clearTimeout(this.timer)
    this.attempt++
    this.link?.giveUp()
    this.link = null
    this.dispatch({ type: 'closed', trouble })
    const { phase } = this.snapshot.call
    if (phase.name === 'lost') {
      this.awayTimer ??= setTimeout(() => this.dispatch({ type: 'longAway' }), LONG_AWAY_MS)
      // Not all pages at the same moment.
      if (phase.retryInMs !== null) this.timer = setTimeout(this.retry, this.movedAfterMs ?? phase.retryInMs * (0.75 + Math.random() / 2))
      this.movedAfterMs = null
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
    this.returned()
    window.removeEventListener('offline', this.wentOffline)
    window.removeEventListener('online', this.cameOnline)
    this.audio?.close()
    this.audio = null
    this.link?.hangUp()
    this.link = null
  }

  private returned(): void {
    clearTimeout(this.awayTimer)
    this.awayTimer = undefined
  }

  private wentOffline = (): void => {
    // A socket can take minutes to notice; the browser knows now.
    if (this.link) this.drop(closeTrouble(1006, null))
  }

  private cameOnline = (): void => {
    const { phase } = this.snapshot.call
    // An attempt that began without a network may wait for long: this one does not.
    if (phase.name === 'connecting' && phase.after !== null && !this.link?.open) {
      this.link?.giveUp()
      void this.connect()
    } else this.retry()
  }

  private send(message: ClientMessage): boolean {
    return this.link?.send(message) ?? false
  }

  private captured({ pcm, peak, rms }: CaptureMessage): void {
    if (peak !== null) this.trace.spoken(peak)
    this.reports.frame(rms, performance.now())
    // While the service still prepares the call, it keeps the first words; while there is no connection, this page does.
    if (this.link?.open) this.dispatch({ type: 'slow', on: !this.link.sendSound(pcm) })
    else hold(this.held, pcm)
  }

  private played(event: PlaybackMessage): void {
    const delay = this.audio?.outputDelayMs() ?? 0
    const report = this.reports.played(event, performance.now(), delay)
    if (report) this.send(report)
    if (event.type === 'level') this.trace.heard(event.peak)
    else if (event.type === 'started') this.dispatch({ type: 'sounding', on: true })
    else if (event.type !== 'gap') {
      // What has left the worklet is heard a little later; at the end of an answer all of it will be.
      const ms = Math.max(0, Math.round(event.ms - (event.type === 'finished' ? 0 : delay)))
      if (event.type === 'position') this.heardSoFar.reached(event.itemId, ms)
      else this.heardSoFar.over(event.itemId, ms, event.type === 'finished')
      this.send({ type: 'played', item_id: event.itemId, ms })
      if (event.type !== 'position') this.dispatch({ type: 'sounding', on: false })
      if (event.type === 'flushed') this.sinks.onConversation({ type: 'interrupted', itemId: event.itemId, heardMs: ms })
      else this.sinks.onConversation({ type: 'soundPlayed', itemId: event.itemId, ms, finished: event.type === 'finished' })
    }
  }

  private received(message: ServerMessage): void {
    if (!this.arrivals.take(message.seq)) return
    if (this.snapshot.call.phase.name === 'connecting' && (message.type === 'state' || message.type === 'waiting')) {
      // The first state says that the service is ready to listen, or that all lines are taken; the wait has no bound here.
      clearTimeout(this.timer)
      this.returned()
      this.dispatch(message.type === 'waiting' ? message : { type: 'socketReady', at: Date.now() })
    }
    if (message.type === 'state' || message.type === 'pong') this.link?.lateness.heard(message.seq, message.atMs, performance.now())
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
        const { samples } = message
        const ms = wireMs(samples.length)
        this.heardSoFar.arrived(message.itemId, ms)
        this.reports.soundArrived(message.itemId, performance.now())
        this.audio?.play(message.itemId, samples, this.link?.lateness.of(message.seq))
        this.sinks.onConversation({ type: 'soundArrived', itemId: message.itemId, ms, agentId: this.agentId, at })
        break
      }
      case 'audio_end':
        this.heardSoFar.ended(message.itemId)
        this.audio?.end(message.itemId)
        this.sinks.onConversation({ type: 'soundEnded', itemId: message.itemId })
        break
      case 'interrupted':
        this.audio?.flush(message.itemId)
        if (message.heardMs !== null) this.sinks.onConversation({ type: 'interrupted', itemId: message.itemId, heardMs: message.heardMs })
        break
      case 'tool':
        this.sinks.onConversation({ type: 'toolWorks', callId: message.callId, name: message.name, works: message.status === 'started' })
        break
      case 'resumed':
        if (!message.complete) {
          // What was under way is over; the store knows how it ended.
          this.sinks.onMissed(true)
        }
        this.dispatch({ type: 'resumed', complete: message.complete })
        break
      case 'turn':
        this.sinks.onMissed(false)
        break
      case 'moved':
        this.movedAfterMs = message.afterMs
        break
      case 'metrics':
        if (message.turn.firstAudioMs !== null) this.publish({ ...this.snapshot, lastTurn: message.turn })
        break
      case 'resumed_speech':
        this.heardSoFar.resumed(message.itemId, message.fromMs)
        this.audio?.resume(message.itemId, message.fromMs)
        this.sinks.onConversation({ type: 'resumedSpeech', itemId: message.itemId, fromMs: message.fromMs })
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
    if (message.speaker === 'assistant') {
      this.sinks.onConversation({ type: 'saidByAgent', itemId: message.itemId, text: message.text, final, unheard: message.unheard, agentId, at })
    } else {
      if (message.status === 'processing') this.reports.turnOver(message.itemId, performance.now())
      this.sinks.onConversation({ type: 'heardUser', itemId: message.itemId, text: message.text, final, agentId, at })
    }
    if (final) this.sinks.onSettled()
  }
}
