import { describe, expect, test } from 'vitest'
import type { ChatReply, StoredTurn } from '../api/types'
import { splitHeard } from './heard'
import { EMPTY, conversation, storedAnswers, type Conversation, type ConversationAction } from './turns'

const AT = '2026-01-01T09:41:00Z'
const PROBLEM = { status: 503, code: 'x', happened: 'It failed.', remedy: '', retryable: true, retryAfter: null, requestId: null }
const REPLY: ChatReply = { message_id: 'm', content: 'Your name is Ada.', agent_id: 'elena', agent_name: 'Elena', session_id: 's', timestamp: AT, tokens_used: 1, latency_ms: 2, recalled: [{ turn_id: 't', session_id: 's', said_at: AT, excerpt: 'My name is Ada' }] }

const run = (actions: ConversationAction[], from: Conversation = EMPTY) => actions.reduce(conversation, from)
const asked = (key: string, text: string): ConversationAction => ({ type: 'asked', key, text, agentId: 'elena', at: AT })
const heard = (itemId: string, text: string, final = false): ConversationAction => ({ type: 'heardUser', itemId, text, final, agentId: 'elena', at: AT })
const said = (itemId: string, text: string, final = false, unheard: string | null = null): ConversationAction => ({ type: 'saidByAgent', itemId, text, final, unheard, agentId: 'elena', at: AT })
const typed = (key: string, text: string): ConversationAction => ({ type: 'typedInCall', key, text, agentId: 'elena', at: AT })
const sound = (itemId: string, ms: number): ConversationAction => ({ type: 'soundArrived', itemId, ms, agentId: 'elena', at: AT })
const inStore = (id: string, role: 'user' | 'assistant', content: string): StoredTurn => ({ id, role, content, agent_id: 'elena', channel: 'chat', timestamp: AT })
const tool = (callId: string, works: boolean): ConversationAction => ({ type: 'toolWorks', callId, name: 'search_memory', works })
const texts = ({ turns }: Conversation) => turns.map((turn) => `${turn.role}: ${turn.text}${turn.unheard && ` [${turn.unheard}]`}`)

describe('an answer that broke off', () => {
  test('before a word of it was spoken leaves no bubble, and otherwise what was spoken', () => {
    expect(texts(run([said('a', 'Nobody heard'), said('a', '', true)]))).toEqual([])
    expect(texts(run([said('a', 'What was spoken and what not'), said('a', 'What was spoken', true)]))).toEqual(['assistant: What was spoken'])
  })
})

describe('typed turns', () => {
  test('grow word by word and end as the service’s own text, with what was recalled', () => {
    const state = run([asked('q', 'Who am I?'), { type: 'answerGrew', key: 'q', text: 'Your ' }, { type: 'answerGrew', key: 'q', text: 'name' }])
    expect(texts(state)).toEqual(['user: Who am I?', 'assistant: Your name'])
    const done = run([{ type: 'answered', key: 'q', reply: REPLY }], state)
    expect(texts(done)).toEqual(['user: Who am I?', 'assistant: Your name is Ada.'])
    expect(done.turns[1]?.recalled).toHaveLength(1)
    expect(done.lastReply).toBe(REPLY)
  })

  test('keep the question and say why when the answer fails', () => {
    const state = run([asked('q', 'Hello'), { type: 'answerGrew', key: 'q', text: 'Hal' }, { type: 'answerFailed', key: 'q', problem: PROBLEM }])
    expect(texts(state)).toEqual(['user: Hello'])
    expect(state.turns[0]).toMatchObject({ state: 'failed', problem: PROBLEM })
  })

  test('are asked again with the same words, at the end of the conversation', () => {
    const failed = run([asked('q', 'Hello'), { type: 'answerFailed', key: 'q', problem: PROBLEM }, asked('r', 'Still there?')])
    const again = run([{ type: 'askedAgain', key: 'q', at: AT }], failed)
    expect(again.turns.map(({ key, state }) => [key, state])).toEqual([['r', 'done'], ['r:answer', 'waiting'], ['q', 'done'], ['q:answer', 'waiting']])
  })

  test('can be taken back after a failure', () => {
    const failed = run([asked('q', 'Hello'), { type: 'answerFailed', key: 'q', problem: PROBLEM }])
    expect(run([{ type: 'withdrawn', key: 'q' }], failed).turns).toEqual([])
  })

  test('keep what was said of an answer that was stopped', () => {
    const state = run([asked('q', 'Hello'), { type: 'answerGrew', key: 'q', text: 'Well' }, { type: 'answerStopped', key: 'q' }])
    expect(state.turns[1]).toMatchObject({ text: 'Well', state: 'stopped' })
  })
})

describe('tools', () => {
  test('are shown while they work, and no longer', () => {
    const state = run([tool('c1', true), tool('c2', true), tool('c1', false)])
    expect(state.working).toEqual([{ callId: 'c2', name: 'search_memory' }])
    expect(run([tool('c2', false)], state).working).toEqual([])
  })

  test('are over when the answer or the call is', () => {
    const state = run([asked('q', 'Who am I?'), tool('c1', true)])
    for (const end of [{ type: 'answered', key: 'q', reply: REPLY }, { type: 'answerStopped', key: 'q' }, { type: 'answerFailed', key: 'q', problem: PROBLEM }, { type: 'callEnded' }] as const) {
      expect(run([end], state).working).toEqual([])
    }
  })
})

describe('spoken turns', () => {
  test('stand in the order in which they were spoken, not in that of their transcripts', () => {
    const state = run([heard('u1', ''), said('a1', 'Good'), said('a1', 'Good to meet you.', true), heard('u1', 'My name is Ada.', true)])
    expect(texts(state)).toEqual(['user: My name is Ada.', 'assistant: Good to meet you.'])
  })

  test('show the words while they are spoken', () => {
    const state = run([heard('u1', ''), heard('u1', 'My name')])
    expect(state.turns[0]).toMatchObject({ text: 'My name', state: 'partial', how: 'spoken' })
  })

  test('leave no bubble for a noise', () => {
    expect(run([heard('u1', ''), heard('u1', '', true)]).turns).toEqual([])
    expect(run([heard('u1', ''), { type: 'callEnded' }]).turns).toEqual([])
  })

  test('do not repeat what was typed into the call when the service echoes it', () => {
    const state = run([typed('k', 'What is my name?'), heard('typed_1', 'What is my name?', true)])
    expect(texts(state)).toEqual(['user: What is my name?'])
    expect(state.turns[0]).toMatchObject({ how: 'typed', itemId: 'typed_1' })
  })

  test('count the same words typed twice as two turns', () => {
    const state = run([typed('k1', 'Yes'), heard('t1', 'Yes', true), typed('k2', 'Yes'), heard('t2', 'Yes', true)])
    expect(state.turns.map(({ itemId }) => itemId)).toEqual(['t1', 't2'])
  })

  test('split at what was heard when the person comes in', () => {
    const state = run([
      said('a1', 'one two three four five'),
      sound('a1', 1000),
      { type: 'soundEnded', itemId: 'a1' },
      { type: 'soundPlayed', itemId: 'a1', ms: 500, finished: false },
      { type: 'interrupted', itemId: 'a1', heardMs: 520 },
    ])
    expect(state.turns[0]).toMatchObject({ text: 'one two three', unheard: ' four five', interrupted: true })
  })

  test('take the service’s word for what was heard', () => {
    const state = run([said('a1', 'one two three'), sound('a1', 900), { type: 'interrupted', itemId: 'a1', heardMs: 100 }, said('a1', 'one two', true, 'three')])
    expect(state.turns[0]).toMatchObject({ text: 'one two', unheard: 'three', interrupted: true, state: 'done' })
  })

  test('go on as one answer when nobody had come in', () => {
    const cut = run([said('a1', 'one two three four five'), sound('a1', 1000), { type: 'interrupted', itemId: 'a1', heardMs: 520 }, said('a1', 'one two', true, 'three four five')])
    const on = run([{ type: 'resumedSpeech', itemId: 'a1', fromMs: 430 }, sound('a1', 570)], cut)
    expect(on.turns[0]).toMatchObject({ text: 'one two three four five', unheard: '', interrupted: false, sound: { receivedMs: 1000, playedMs: 430 } })
    const over = run([{ type: 'soundEnded', itemId: 'a1' }, { type: 'soundPlayed', itemId: 'a1', ms: 1000, finished: true }], on)
    expect(over.turns[0]).toMatchObject({ text: 'one two three four five', interrupted: false, sound: null })
  })

  test('are not un-interrupted by late words or late positions', () => {
    const cut = run([said('a1', 'one two three'), sound('a1', 900), { type: 'interrupted', itemId: 'a1', heardMs: 300 }])
    expect(run([said('a1', 'one two three four', true), { type: 'soundPlayed', itemId: 'a1', ms: 900, finished: true }], cut).turns).toEqual(cut.turns)
  })

  test('are heard in full once the last sound has been played', () => {
    const state = run([said('a1', 'one two', true), sound('a1', 900), { type: 'soundPlayed', itemId: 'a1', ms: 900, finished: true }])
    expect(state.turns[0]).toMatchObject({ sound: null, text: 'one two', interrupted: false })
  })
})

describe('stored turns', () => {
  const stored: StoredTurn[] = [
    { id: 'i1', role: 'user', content: 'Hello', agent_id: 'elena', channel: 'voice', timestamp: AT },
    { id: 'i2', role: 'assistant', content: 'Hi', unheard: 'there', agent_id: 'elena', channel: 'voice', timestamp: AT, interrupted: true },
  ]

  test('are shown as they were spoken', () => {
    const state = run([{ type: 'loaded', turns: stored }])
    expect(state.turns.map(({ how, interrupted, unheard }) => [how, interrupted, unheard])).toEqual([['spoken', false, ''], ['spoken', true, 'there']])
  })

  test('come before what began while they were loading, and nothing twice', () => {
    const state = run([asked('q', 'New'), heard('i1', 'Hello', true), { type: 'loaded', turns: stored }])
    expect(texts(state)).toEqual(['user: Hello', 'assistant: Hi [there]', 'user: New', 'assistant: '])
  })

  test('correct the page’s estimate of what was heard, and nothing else', () => {
    const estimated = run([heard('i1', 'hello', true), said('i2', 'Hi there'), sound('i2', 900), { type: 'interrupted', itemId: 'i2', heardMs: 0 }])
    const state = run([{ type: 'stored', turns: stored }], estimated)
    expect(texts(state)).toEqual(['user: hello', 'assistant: Hi [there]'])
  })
})

describe('what has been heard', () => {
  test('ends at the end of a word', () => {
    expect(splitHeard('one two three', { receivedMs: 1000, playedMs: 400, complete: true })).toEqual(['one two', ' three'])
  })

  test('is nothing before the first sound and all after the last', () => {
    expect(splitHeard('one two', { receivedMs: 1000, playedMs: 0, complete: true })).toEqual(['', 'one two'])
    expect(splitHeard('one two', { receivedMs: 1000, playedMs: 1000, complete: true })).toEqual(['one two', ''])
  })

  test('is not overestimated while most of the sound is still to come', () => {
    const text = 'word '.repeat(40).trim()
    const [spoken] = splitHeard(text, { receivedMs: 500, playedMs: 500, complete: false })
    expect(spoken.length).toBeLessThan(15)
  })
})

describe('the store’s ids', () => {
  test('come to typed turns by their words, each once, and to spoken ones by their item', () => {
    const page = run([asked('q', 'Hello'), { type: 'answered', key: 'q', reply: { ...REPLY, message_id: 'm1', content: 'Hi.' } }, asked('r', 'Hello'), { type: 'answered', key: 'r', reply: { ...REPLY, message_id: 'm2', content: 'Hi.' } }, heard('item-1', 'Aloud', true)])
    expect(page.turns.map(({ storedId }) => storedId)).toEqual([null, 'm1', null, 'm2', null])
    const known = run([{ type: 'stored', turns: [inStore('u1', 'user', 'Hello'), inStore('m1', 'assistant', 'Hi.'), inStore('u2', 'user', 'Hello'), inStore('m2', 'assistant', 'Hi.'), inStore('item-1', 'user', 'Aloud')] }], page)
    expect(known.turns.map(({ storedId }) => storedId)).toEqual(['u1', 'm1', 'u2', 'm2', 'item-1'])
  })

  test('say which answers can be asked about', () => {
    const page = run([asked('q', 'Hello'), { type: 'answered', key: 'q', reply: { ...REPLY, message_id: 'm1' } }, asked('r', 'And?'), { type: 'answerGrew', key: 'r', text: 'Well' }])
    expect(storedAnswers(page).map(({ storedId }) => storedId)).toEqual(['m1'])
  })
})

const stored = (id: string, role: 'user' | 'assistant', content: string, channel: 'voice' | 'chat' = 'voice'): StoredTurn => ({
  id, role, content, agent_id: 'elena', channel, timestamp: '2026-01-01T10:00:00Z',
})

describe('catching up with the store', () => {
  test('adds what was not heard here, each turn once and in the order of the store', () => {
    const here = [
      { type: 'heardUser', itemId: 'u1', text: 'One', final: true, agentId: 'elena', at: '2026-01-01T10:00:00Z' },
      { type: 'saidByAgent', itemId: 'a2', text: 'Two', final: true, unheard: null, agentId: 'elena', at: '2026-01-01T10:00:09Z' },
    ] as const
    const page = here.reduce<Conversation>(conversation, EMPTY)
    const all = [stored('u1', 'user', 'One'), stored('a1', 'assistant', 'First'), stored('t1', 'user', 'Typed', 'chat'), stored('a2', 'assistant', 'Two')]
    const caught = conversation(page, { type: 'caughtUp', turns: all })
    expect(caught.turns.map(({ text, how }) => [text, how])).toEqual([['One', 'spoken'], ['First', 'spoken'], ['Typed', 'typed'], ['Two', 'spoken']])
    expect(conversation(caught, { type: 'caughtUp', turns: all }).turns).toEqual(caught.turns)
  })

  test('lets an answer grow that is spoken elsewhere', () => {
    const begun = conversation(EMPTY, { type: 'caughtUp', turns: [stored('a1', 'assistant', 'Once')] })
    const grown = conversation(begun, { type: 'caughtUp', turns: [stored('a1', 'assistant', 'Once upon a time')] })
    expect(grown.turns.map(({ text }) => text)).toEqual(['Once upon a time'])
  })

  test('lets go of an answer that the store has withdrawn, and of nothing that this page alone knows', () => {
    const begun = run([{ type: 'caughtUp', turns: [stored('u1', 'user', 'Hello'), stored('a1', 'assistant', 'Nobody heard')] }, typed('k', 'Still here')])
    const caught = run([{ type: 'caughtUp', turns: [stored('u1', 'user', 'Hello')] }], begun)
    expect(caught.turns.map(({ text }) => text)).toEqual(['Hello', 'Still here'])
  })

  test('does not double an answer that is being typed on this page', () => {
    const page = conversation(EMPTY, { type: 'asked', key: 'k', text: 'Hello', agentId: 'elena', at: '2026-01-01T10:00:00Z' })
    const both = [stored('q', 'user', 'Hello', 'chat'), stored('r', 'assistant', 'Hi', 'chat')]
    expect(conversation(page, { type: 'caughtUp', turns: both }).turns).toHaveLength(2)
  })
})
