import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MicrophoneError, type AudioListener, type CallAudio } from '../audio/engine'
import type { ConversationAction } from '../conversation/turns'
import { ProblemError } from '../api/problems'
import { FakeAudio, FakeSocket } from '../test/call'
import { CallController, type CallDependencies } from './controller'
import { MAX_RETRIES } from './machine'

const FRAME = { pcm: new ArrayBuffer(1920), peak: 0.5, rms: 0.2 }

describe('the call controller', () => {
  let sockets: FakeSocket[]
  let address: CallDependencies['address']
  let audio: FakeAudio
  let listener: AudioListener
  let openAudio: (listening: AudioListener) => Promise<CallAudio>
  let actions: ConversationAction[]
  let agents: string[]
  let missed: number
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
    missed = 0
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
    controller.report({ onConversation: (action) => actions.push(action), onAgent: (id) => agents.push(id), onSettled: () => undefined, onMissed: () => missed++ })
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

  test('waits for its turn for as long as it takes, and is live when it comes', async () => {
    await controller.start('s1', 'elena')
    socket().open()
    socket().say({ type: 'state', state: 'waiting', place: 2, seconds: 40, seq: 1 })
    socket().say({ type: 'state', state: 'waiting', place: 1, seconds: 38, seq: 2 })
    expect(phase()).toMatchObject({ name: 'connecting', queue: { place: 1, seconds: 38 } })
    for (let second = 0; second < 40; second += 2) {
      vi.advanceTimersByTime(2000)
      socket().say({ type: 'pong' })
    }
    expect(phase().name).toBe('connecting')
    socket().say({ type: 'state', state: 'ready', seq: 3 })
    expect(phase()).toEqual({ name: 'live', activity: 'ready' })
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
    socket().sound('a1', 2400, 3)
    socket().say({ type: 'audio_end', item_id: 'a1', seq: 4 })
    expect(audio.did).toEqual([['play', 'a1', 2400], ['end', 'a1']])
    listener.onPlayback({ type: 'started', itemId: 'a1', heldMs: 60 })
    expect(controller.getSnapshot().call.sounding).toBe(true)
    listener.onPlayback({ type: 'position', itemId: 'a1', ms: 60 })
    listener.onPlayback({ type: 'finished', itemId: 'a1', ms: 100, heldMs: 110 })
    expect(socket().sent).toMatchObject([
      { type: 'playback', item_id: 'a1', output_ms: 20 },
      { type: 'played', item_id: 'a1', ms: 40 },
      { type: 'playback', item_id: 'a1', over: 'finished', gaps: 0 },
      { type: 'played', item_id: 'a1', ms: 100 },
    ])
    expect(controller.getSnapshot().call.sounding).toBe(false)
  })

  test('flushes at once when the service says interrupted, and reports where it stopped', async () => {
    await start()
    socket().say({ type: 'interrupted', item_id: 'a1', heard_ms: 480, seq: 3 })
    expect(audio.did).toEqual([['flush', 'a1']])
    expect(actions).toContainEqual({ type: 'interrupted', itemId: 'a1', heardMs: 480 })
    listener.onPlayback({ type: 'flushed', itemId: 'a1', ms: 500, heldMs: 0 })
    expect(socket().sent).toMatchObject([
      { type: 'playback', item_id: 'a1', over: 'flushed', output_ms: 20 },
      { type: 'played', item_id: 'a1', ms: 480 },
    ])
  })

  test('goes on with an answer when the service says that nobody had come in', async () => {
    await start()
    socket().say({ type: 'interrupted', item_id: 'a1', heard_ms: 480, seq: 3 })
    socket().say({ type: 'resumed_speech', item_id: 'a1', from_ms: 479.875, seq: 4 })
    expect(audio.did).toEqual([['flush', 'a1'], ['resume', 'a1', 479.875]])
    expect(actions).toContainEqual({ type: 'resumedSpeech', itemId: 'a1', fromMs: 479.875 })
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

  test('says hello first, with its own name for the call', async () => {
    await start()
    expect(socket().kept[0]).toMatchObject({ type: 'hello', resume_after: 0, binary: true, call_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string })
  })

  test('comes back at once after a lost connection, with what it has seen, heard and with the last assistant', async () => {
    await start()
    socket().say({ type: 'agent_switched', agent_id: 'marcus', seq: 9 })
    socket().sound('a1', 24_000, 10)
    listener.onPlayback({ type: 'started', itemId: 'a1', heldMs: 60 })
    listener.onPlayback({ type: 'position', itemId: 'a1', ms: 320 })
    const [first] = sockets
    socket().drop(1006)
    listener.onPlayback({ type: 'position', itemId: 'a1', ms: 420 })
    expect(controller.getSnapshot().call.sounding).toBe(true)
    await vi.advanceTimersByTimeAsync(1)
    expect(sockets).toHaveLength(2)
    expect(socket().url).toBe('ws://x/s1?agent_id=marcus')
    socket().open()
    expect(socket().kept).toEqual([
      { ...first?.kept[0], resume_after: 10, playing: { item_id: 'a1', ms: 400, received_ms: 1000, ended: false } },
    ])
    expect(audio.did).not.toContainEqual(['close'])
    expect(audio.did).not.toContainEqual(['flush', 'a1'])
  })

  test('takes each message once, whatever is sent again', async () => {
    await start()
    socket().say({ type: 'transcription', status: 'processing', text: 'Hi', speaker: 'assistant', item_id: 'a1', seq: 3 })
    socket().drop(1006)
    await vi.advanceTimersByTimeAsync(1)
    socket().open()
    const before = actions.length
    socket().say({ type: 'transcription', status: 'processing', text: 'Hi', speaker: 'assistant', item_id: 'a1', seq: 3 })
    socket().say({ type: 'transcription', status: 'processing', text: 'Hi there', speaker: 'assistant', item_id: 'a1', seq: 4 })
    socket().say({ type: 'resumed', complete: true, seq: 5 })
    socket().say({ type: 'state', state: 'speaking', seq: 6 })
    expect(actions.slice(before)).toMatchObject([{ type: 'saidByAgent', text: 'Hi there' }])
    expect(phase()).toEqual({ name: 'live', activity: 'speaking' })
    expect(controller.getSnapshot().call).toMatchObject({ notice: null, away: null })
    expect(missed).toBe(0)
  })

  test('reads what it missed from the store where the call had to begin anew', async () => {
    await start()
    socket().drop(1006)
    await vi.advanceTimersByTimeAsync(1)
    socket().open()
    socket().say({ type: 'resumed', complete: false, seq: 3 })
    socket().say({ type: 'state', state: 'ready', seq: 4 })
    expect(missed).toBe(1)
    expect(controller.getSnapshot().call.notice?.code).toBe('picked_up')
  })

  test('keeps the last three seconds of the voice for the next connection', async () => {
    await start()
    socket().drop(1006)
    const frames = Array.from({ length: 80 }, () => ({ ...FRAME, pcm: new ArrayBuffer(2) }))
    for (const frame of frames) listener.onFrame(frame)
    await vi.advanceTimersByTimeAsync(1)
    socket().open()
    expect(socket().sent).toEqual(frames.slice(5).map(({ pcm }) => pcm))
    expect(socket().kept[0]?.type).toBe('hello')
  })

  test('notices a dead line that nobody closed', async () => {
    await start()
    const [dead] = sockets
    await vi.advanceTimersByTimeAsync(3000)
    expect(dead?.kept.at(-1)).toEqual({ type: 'ping', seen: 2 })
    dead?.say({ type: 'pong', seq: 3 })
    await vi.advanceTimersByTimeAsync(3000)
    expect(sockets).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(3000)
    expect(sockets).toHaveLength(2)
    expect(dead?.closedWith).toBe(4000)
  })

  test('says after five seconds that nobody hears the person, and takes it back with the connection', async () => {
    await start()
    socket().drop(1006)
    for (let second = 0; second < 5; second++) {
      expect(controller.getSnapshot().call.away).toBe('briefly')
      await vi.advanceTimersByTimeAsync(1000)
      socket().drop(1006)
    }
    await vi.advanceTimersByTimeAsync(500)
    expect(controller.getSnapshot().call.away).toBe('long')
    await vi.advanceTimersByTimeAsync(3000)
    socket().open()
    socket().say({ type: 'state', state: 'ready', seq: 3 })
    expect(controller.getSnapshot().call.away).toBeNull()
  })

  test('gives an attempt to come back less time than the first connection, and each more than the last', async () => {
    await start()
    socket().drop(1006)
    await vi.advanceTimersByTimeAsync(1)
    expect(sockets).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(2501)
    expect(phase().name).toBe('lost')
    await vi.advanceTimersByTimeAsync(400)
    expect(sockets).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(4500)
    expect(phase().name).toBe('connecting')
  })

  test('gives up by itself after a while and keeps the microphone for the person’s retry', async () => {
    await start()
    socket().drop(1006)
    for (let attempt = 1; attempt <= MAX_RETRIES; attempt++) {
      await vi.advanceTimersByTimeAsync(3000)
      socket().drop(1006)
    }
    expect(phase()).toMatchObject({ name: 'lost', retryInMs: null })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sockets).toHaveLength(MAX_RETRIES + 1)
    controller.retry()
    await vi.advanceTimersByTimeAsync(0)
    expect(sockets).toHaveLength(MAX_RETRIES + 2)
  })

  test('asks for a new address when its sign-in has run out, and resumes with it', async () => {
    await start()
    socket().say({ type: 'transcription', status: 'complete', text: 'Hi', speaker: 'user', item_id: 'i', seq: 7 })
    address = async () => ({ url: 'ws://x/s1', protocols: ['engram.v1', 'ticket.new'] })
    socket().drop(4401)
    await vi.advanceTimersByTimeAsync(500)
    expect(socket().protocols).toEqual(['engram.v1', 'ticket.new'])
    socket().open()
    expect(socket().kept[0]).toMatchObject({ type: 'hello', resume_after: 7 })
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

  test('reports what only the page can measure: the silence before the answer, the wait for its sound, and how it came', async () => {
    await start()
    for (let i = 0; i < 10; i++) listener.onFrame({ ...FRAME, rms: 0.001 })
    listener.onFrame(FRAME)
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(40)
      listener.onFrame({ ...FRAME, rms: 0.001 })
    }
    socket().say({ type: 'transcription', status: 'processing', text: '', speaker: 'user', item_id: 'u1', seq: 3 })
    vi.advanceTimersByTime(100)
    socket().say({ type: 'transcription', status: 'processing', text: 'Hi', speaker: 'user', item_id: 'u1', seq: 3 })
    const sound = { type: 'audio', data: btoa('\0'.repeat(4800)), format: 'audio/pcm16', item_id: 'a1' }
    socket().say({ ...sound, seq: 4 })
    vi.advanceTimersByTime(30)
    socket().say({ ...sound, seq: 5 })
    vi.advanceTimersByTime(40)
    listener.onPlayback({ type: 'started', itemId: 'a1', heldMs: 60 })
    listener.onPlayback({ type: 'gap' })
    listener.onPlayback({ type: 'finished', itemId: 'a1', ms: 100, heldMs: 110 })
    expect(socket().sent.filter((sent) => !(sent instanceof ArrayBuffer) && (sent as { type: string }).type === 'playback')).toEqual([
      { type: 'playback', item_id: 'a1', waited_ms: 70, output_ms: 20, silence_ms: 400, buffer_ms: 60 },
      { type: 'playback', item_id: 'a1', output_ms: 20, gaps: 1, buffer_ms: 110, over: 'finished' },
    ])
  })

  test('shows the numbers of the service, and keeps those of the last answer that sounded', async () => {
    await start()
    expect(controller.getSnapshot().lastTurn).toBeNull()
    socket().say({ type: 'metrics', turn: 1, item_id: 'a1', end_of_speech_ms: 500, transcript_ms: 80, first_token_ms: 200, first_audio_ms: 300, heard_ms: 390, stop_ms: null, underruns: 0, hand_off_ms: null, tools: [{ name: 'get_time', ms: 4 }, null], seq: 3 })
    const measured = { itemId: 'a1', endOfSpeechMs: 500, transcriptMs: 80, firstTokenMs: 200, firstAudioMs: 300, heardMs: 390, stopMs: null, underruns: 0, handOffMs: null, tools: [{ name: 'get_time', ms: 4 }] }
    expect(controller.getSnapshot().lastTurn).toEqual(measured)
    socket().say({ type: 'metrics', turn: 2, item_id: '', first_audio_ms: null, seq: 4 })
    expect(controller.getSnapshot().lastTurn).toEqual(measured)
  })

  test('shows what is typed into the call at once and sends it', async () => {
    await start()
    expect(controller.say('What is my name?')).toBe(true)
    expect(socket().sent).toEqual([{ type: 'text', content: 'What is my name?' }])
    expect(actions.at(-1)).toMatchObject({ type: 'typedInCall', text: 'What is my name?' })
  })
})
