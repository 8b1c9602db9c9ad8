import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MicrophoneError, type AudioListener, type CallAudio } from '../audio/engine'
import type { ConversationAction } from '../conversation/turns'
import { ProblemError } from '../api/problems'
import { CallController, type CallDependencies } from './controller'

/** A socket that keeps what is sent and says what it is told to. */
class FakeSocket {
  static readonly OPEN = 1
  readyState = 0
  bufferedAmount = 0
  binaryType = ''
  readonly sent: unknown[] = []
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
    this.sent.push(typeof data === 'string' ? JSON.parse(data) : data)
  }
  close() {
    this.readyState = 3
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

class FakeAudio implements CallAudio {
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

const FRAME = { pcm: new ArrayBuffer(1920), peak: 0.5, rms: 0.2 }

describe('the call controller', () => {
  let sockets: FakeSocket[]
  let address: CallDependencies['address']
  let audio: FakeAudio
  let listener: AudioListener
  let openAudio: (listening: AudioListener) => Promise<CallAudio>
  let actions: ConversationAction[]
  let agents: string[]
  let controller: CallController

  const socket = () => sockets.at(-1) as FakeSocket
  const phase = () => controller.getSnapshot().call.phase
  const start = async () => {
    await controller.start('s1', 'elena')
    socket().open()
    socket().say({ type: 'agent_switched', agent_id: 'elena', seq: 1 })
    socket().say({ type: 'state', state: 'ready', seq: 2 })
  }

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('WebSocket', FakeSocket)
    sockets = []
    audio = new FakeAudio()
    actions = []
    agents = []
    openAudio = async (listening) => {
      listener = listening
      return audio
    }
    address = async (sessionId, agentId) => ({ url: `ws://x/${sessionId}?agent_id=${agentId}`, protocols: ['engram.v1'] })
    controller = new CallController({
      openAudio: (listening) => openAudio(listening),
      openSocket: (url, protocols) => {
        sockets.push(new FakeSocket(url, protocols))
        return socket() as unknown as WebSocket
      },
      address: (sessionId, agentId) => address(sessionId, agentId),
    })
    controller.report({ onConversation: (action) => actions.push(action), onAgent: (id) => agents.push(id), onSettled: () => undefined })
  })

  afterEach(() => {
    controller.hangUp()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  test('is live once the service is ready, not before', async () => {
    await controller.start('s1', 'elena')
    socket().open()
    socket().say({ type: 'agent_switched', agent_id: 'elena', seq: 1 })
    expect(phase().name).toBe('connecting')
    socket().say({ type: 'state', state: 'ready', seq: 2 })
    expect(phase()).toEqual({ name: 'live', activity: 'ready' })
    expect(agents).toEqual(['elena'])
  })

  test('sends captured sound as binary frames as they are', async () => {
    await start()
    listener.onFrame(FRAME)
    expect(socket().sent).toEqual([FRAME.pcm])
  })

  test('leaves sound out, and says so, when the network does not keep up', async () => {
    await start()
    socket().bufferedAmount = 200_000
    listener.onFrame(FRAME)
    expect(socket().sent).toEqual([])
    expect(controller.getSnapshot().call.slow).toBe(true)
    socket().bufferedAmount = 0
    listener.onFrame(FRAME)
    expect(controller.getSnapshot().call.slow).toBe(false)
  })

  test('plays what arrives and reports what was played, less what is still on its way to the ear', async () => {
    await start()
    socket().say({ type: 'audio', data: btoa('\0'.repeat(4800)), format: 'audio/pcm16', item_id: 'a1', seq: 3 })
    socket().say({ type: 'audio_end', item_id: 'a1', seq: 4 })
    expect(audio.did).toEqual([['play', 'a1', 2400], ['end', 'a1']])
    listener.onPlayback({ type: 'started', itemId: 'a1' })
    expect(controller.getSnapshot().call.sounding).toBe(true)
    listener.onPlayback({ type: 'position', itemId: 'a1', ms: 60 })
    listener.onPlayback({ type: 'finished', itemId: 'a1', ms: 100 })
    expect(socket().sent).toEqual([{ type: 'played', item_id: 'a1', ms: 40 }, { type: 'played', item_id: 'a1', ms: 100 }])
    expect(controller.getSnapshot().call.sounding).toBe(false)
  })

  test('flushes at once when the service says interrupted, and reports where it stopped', async () => {
    await start()
    socket().say({ type: 'interrupted', item_id: 'a1', heard_ms: 480, seq: 3 })
    expect(audio.did).toEqual([['flush', 'a1']])
    expect(actions).toContainEqual({ type: 'interrupted', itemId: 'a1', heardMs: 480 })
    listener.onPlayback({ type: 'flushed', itemId: 'a1', ms: 500 })
    expect(socket().sent).toEqual([{ type: 'played', item_id: 'a1', ms: 480 }])
  })

  test('stops the assistant on request without waiting for the service', async () => {
    await start()
    controller.quiet()
    expect(audio.did).toEqual([['flush', undefined]])
    expect(socket().sent).toEqual([{ type: 'cancel' }])
  })

  test('lets the service confirm a hand-over', async () => {
    await start()
    controller.switchAgent('marcus')
    expect(socket().sent).toEqual([{ type: 'agent', agent_id: 'marcus' }])
    expect(agents).toEqual(['elena'])
    socket().say({ type: 'agent_switched', agent_id: 'marcus', seq: 3 })
    expect(agents).toEqual(['elena', 'marcus'])
  })

  test('comes back by itself after a lost connection, with what it has seen and with the last assistant', async () => {
    await start()
    socket().say({ type: 'agent_switched', agent_id: 'marcus', seq: 9 })
    socket().drop(1006)
    expect(phase()).toMatchObject({ name: 'lost', retryInMs: 500 })
    await vi.advanceTimersByTimeAsync(500)
    expect(sockets).toHaveLength(2)
    expect(socket().url).toBe('ws://x/s1?agent_id=marcus')
    socket().open()
    expect(socket().sent).toEqual([{ type: 'hello', resume_after: 9 }])
    expect(audio.did).not.toContainEqual(['close'])
  })

  test('gives up by itself after three retries and keeps the microphone for the person’s retry', async () => {
    await start()
    socket().drop(1006)
    for (const pause of [500, 1500, 4000]) {
      await vi.advanceTimersByTimeAsync(pause)
      socket().drop(1006)
    }
    expect(phase()).toMatchObject({ name: 'lost', retryInMs: null })
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(4)
    controller.retry()
    await vi.advanceTimersByTimeAsync(0)
    expect(sockets).toHaveLength(5)
  })

  test('asks for a new address when its sign-in has run out, and resumes with it', async () => {
    await start()
    socket().say({ type: 'transcription', status: 'complete', text: 'Hi', speaker: 'user', item_id: 'i', seq: 7 })
    address = async () => ({ url: 'ws://x/s1', protocols: ['engram.v1', 'ticket.new'] })
    socket().drop(4401)
    await vi.advanceTimersByTimeAsync(500)
    expect(socket().protocols).toEqual(['engram.v1', 'ticket.new'])
    socket().open()
    expect(socket().sent).toEqual([{ type: 'hello', resume_after: 7 }])
  })

  test('ends with the reason when the sign-in cannot be renewed without the person', async () => {
    await start()
    address = () => Promise.reject(new ProblemError({ status: 401, code: 'signed_out', happened: 'Your sign-in has ended.', remedy: 'Sign in again.', retryable: false, retryAfter: null, requestId: null }))
    socket().drop(4401)
    await vi.advanceTimersByTimeAsync(500)
    expect(phase()).toMatchObject({ name: 'failed', trouble: { code: 'signed_out', happened: 'Your sign-in has ended.' } })
    expect(audio.did).toEqual([['close']])
    expect(sockets).toHaveLength(1)
  })

  test('opens no socket for an address that comes after the person hung up', async () => {
    const waiting: ((at: { url: string; protocols: string[] }) => void)[] = []
    address = () => new Promise((resolve) => waiting.push(resolve))
    await controller.start('s1', 'elena')
    controller.hangUp()
    for (const give of waiting) give({ url: 'ws://x/s1', protocols: [] })
    await vi.advanceTimersByTimeAsync(0)
    expect(sockets).toHaveLength(0)
  })

  test('counts silence for 15 s while connecting as a lost connection', async () => {
    await controller.start('s1', 'elena')
    vi.advanceTimersByTime(15_000)
    expect(phase().name).toBe('lost')
  })

  test('says the service’s reason and lets the microphone go when the call cannot run', async () => {
    await controller.start('s1', 'elena')
    socket().open()
    socket().say({ type: 'agent_switched', agent_id: 'elena', seq: 1 })
    socket().say({ type: 'error', message: 'Voice is off. Set AZURE_VOICELIVE_ENDPOINT.', code: 'voicelive_not_configured', retryable: false, seq: 2 })
    socket().drop(4503)
    expect(phase()).toMatchObject({ name: 'failed', trouble: { happened: 'Voice is off. Set AZURE_VOICELIVE_ENDPOINT.' } })
    expect(audio.did).toEqual([['close']])
  })

  test('goes on after an error that does not end the call', async () => {
    await start()
    socket().say({ type: 'error', message: 'Bad frame.', code: 'invalid_message', retryable: false, seq: 3 })
    expect(phase().name).toBe('live')
    expect(controller.getSnapshot().call.notice?.happened).toBe('Bad frame.')
  })

  test('says what is wrong with the microphone', async () => {
    openAudio = () => Promise.reject(new MicrophoneError('denied'))
    await controller.start('s1', 'elena')
    expect(phase()).toMatchObject({ name: 'failed', trouble: { code: 'microphone_denied' } })
    expect(sockets).toHaveLength(0)
  })

  test('gives a microphone back that arrives after the person hung up', async () => {
    const waiting: ((audio: CallAudio) => void)[] = []
    openAudio = () => new Promise((resolve) => waiting.push(resolve))
    const starting = controller.start('s1', 'elena')
    controller.hangUp()
    for (const give of waiting) give(audio)
    await starting
    expect(audio.did).toEqual([['close']])
    expect(sockets).toHaveLength(0)
  })

  test('notices at once that the browser went offline, and returns when it is back', async () => {
    await start()
    window.dispatchEvent(new Event('offline'))
    expect(phase().name).toBe('lost')
    window.dispatchEvent(new Event('online'))
    expect(phase().name).toBe('connecting')
  })

  test('measures the wait from the last sound of the voice to the first sound of the answer', async () => {
    await start()
    for (let i = 0; i < 10; i++) listener.onFrame({ ...FRAME, rms: 0.001 })
    listener.onFrame(FRAME)
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(40)
      listener.onFrame({ ...FRAME, rms: 0.001 })
    }
    socket().say({ type: 'transcription', status: 'processing', text: '', speaker: 'user', item_id: 'u1', seq: 3 })
    vi.advanceTimersByTime(100)
    socket().say({ type: 'transcription', status: 'complete', text: 'Hi', speaker: 'user', item_id: 'u1', seq: 4 })
    vi.advanceTimersByTime(200)
    socket().say({ type: 'transcription', status: 'processing', text: 'Hello', speaker: 'assistant', item_id: 'a1', seq: 5 })
    vi.advanceTimersByTime(50)
    listener.onPlayback({ type: 'started', itemId: 'a1' })
    expect(controller.getSnapshot().waterfall).toEqual({ turnEnd: 400, understood: 500, firstWord: 700, firstSound: 770 })
  })

  test('shows what is typed into the call at once and sends it', async () => {
    await start()
    expect(controller.say('What is my name?')).toBe(true)
    expect(socket().sent).toEqual([{ type: 'text', content: 'What is my name?' }])
    expect(actions.at(-1)).toMatchObject({ type: 'typedInCall', text: 'What is my name?' })
  })
})
