/**
 * The conversation on the page: one list of turns, spoken and typed, as a pure reducer.
 *
 * A spoken turn takes its place when its first sign arrives (speech began, first word), so the order is that of speaking and
 * not of transcripts.
 */
import type { Problem } from '../api/problems'
import type { ChatReply, Recalled, Role, StoredTurn } from '../api/types'
import { splitHeard, type Sound } from './heard'

export type TurnState =
  /** Nothing to show yet: the person speaks, or the assistant thinks. */
  | 'waiting'
  /** Words are still coming. */
  | 'partial'
  | 'done'
  /** The answer did not come; `problem` says why. Stands on the user's turn. */
  | 'failed'
  /** The person stopped the answer. */
  | 'stopped'

export interface Turn {
  /** Stable for as long as the turn is shown. */
  readonly key: string
  readonly role: Role
  readonly agentId: string
  readonly how: 'spoken' | 'typed'
  /** When it began, RFC 3339. */
  readonly at: string
  /** What was said; of an interrupted answer, what was heard. */
  readonly text: string
  /** What was prepared and not heard. */
  readonly unheard: string
  readonly interrupted: boolean
  readonly state: TurnState
  readonly itemId: string | null
  /** The store's id of it; null until the page has learned it. */
  readonly storedId: string | null
  readonly recalled: readonly Recalled[]
  readonly problem: Problem | null
  /** How much of a spoken answer has arrived and been played; null once that no longer matters. */
  readonly sound: Sound | null
}

export interface Conversation {
  readonly turns: readonly Turn[]
  /** The last complete typed answer, for the side panel. */
  readonly lastReply: ChatReply | null
  /** The tools that the answer waits for just now. */
  readonly working: readonly Working[]
}

export interface Working {
  readonly callId: string
  /** The tool's name, or `unknown`. */
  readonly name: string
}

export const EMPTY: Conversation = { turns: [], lastReply: null, working: [] }

export type ConversationAction =
  | { type: 'loaded'; turns: readonly StoredTurn[] }
  | { type: 'cleared' }
  | { type: 'asked'; key: string; text: string; agentId: string; at: string }
  | { type: 'askedAgain'; key: string; at: string }
  | { type: 'withdrawn'; key: string }
  | { type: 'answerGrew'; key: string; text: string }
  | { type: 'answered'; key: string; reply: ChatReply }
  | { type: 'answerFailed'; key: string; problem: Problem }
  | { type: 'answerStopped'; key: string }
  | { type: 'typedInCall'; key: string; text: string; agentId: string; at: string }
  | { type: 'heardUser'; itemId: string; text: string; final: boolean; agentId: string; at: string }
  | { type: 'saidByAgent'; itemId: string; text: string; final: boolean; unheard: string | null; agentId: string; at: string }
  | { type: 'soundArrived'; itemId: string; ms: number; agentId: string; at: string }
  | { type: 'soundEnded'; itemId: string }
  | { type: 'soundPlayed'; itemId: string; ms: number; finished: boolean }
  | { type: 'interrupted'; itemId: string; heardMs: number }
  | { type: 'toolWorks'; callId: string; name: string; works: boolean }
  | { type: 'resumedSpeech'; itemId: string; fromMs: number }
  | { type: 'callEnded' }
  | { type: 'stored'; turns: readonly StoredTurn[] }
  /**
   * The store may hold turns that this page did not hear: those said while it was away, or elsewhere. `anew`: the call began
   * anew, so that what was under way here and is not stored never became part of the conversation.
   */
  | { type: 'caughtUp'; turns: readonly StoredTurn[]; anew?: boolean }

const BLANK = {
  text: '',
  unheard: '',
  interrupted: false,
  itemId: null,
  storedId: null,
  recalled: [],
  problem: null,
  sound: null,
} satisfies Partial<Turn>

const answerKey = (key: string) => `${key}:answer`

export function conversation(state: Conversation, action: ConversationAction): Conversation {
  switch (action.type) {
    case 'loaded':
      return { ...state, turns: merged(action.turns.map(fromStore), state.turns) }
    case 'cleared':
      return EMPTY
    case 'asked':
      return withTurns(state, [
        ...state.turns,
        { ...BLANK, key: action.key, role: 'user', how: 'typed', agentId: action.agentId, at: action.at, text: action.text, state: 'done' },
        { ...BLANK, key: answerKey(action.key), role: 'assistant', how: 'typed', agentId: action.agentId, at: action.at, state: 'waiting' },
      ])
    case 'askedAgain': {
      const question = state.turns.find((turn) => turn.key === action.key)
      if (!question) return state
      const others = state.turns.filter((turn) => turn.key !== action.key && turn.key !== answerKey(action.key))
      return conversation(withTurns(state, others), { type: 'asked', key: action.key, text: question.text, agentId: question.agentId, at: action.at })
    }
    case 'withdrawn':
      return withTurns(state, state.turns.filter((turn) => turn.key !== action.key && turn.key !== answerKey(action.key)))
    case 'answerGrew':
      return change(state, answerKey(action.key), (turn) => ({ ...turn, state: 'partial', text: turn.text + action.text }))
    case 'answered':
      return {
        ...change(state, answerKey(action.key), (turn) => ({
          ...turn,
          state: 'done',
          text: action.reply.content,
          agentId: action.reply.agent_id,
          storedId: action.reply.message_id,
          at: action.reply.timestamp,
          recalled: action.reply.recalled ?? [],
        })),
        lastReply: action.reply,
        working: [],
      }
    case 'answerFailed':
      return change(
        withTurns({ ...state, working: [] }, state.turns.filter((turn) => turn.key !== answerKey(action.key))),
        action.key,
        (turn) => ({ ...turn, state: 'failed', problem: action.problem }),
      )
    case 'answerStopped':
      return change({ ...state, working: [] }, answerKey(action.key), (turn) => ({ ...turn, state: 'stopped' }))
    case 'typedInCall':
      return withTurns(state, [
        ...state.turns,
        { ...BLANK, key: action.key, role: 'user', how: 'typed', agentId: action.agentId, at: action.at, text: action.text, state: 'done' },
      ])
    case 'heardUser':
      return heardUser(state, action)
    case 'saidByAgent':
      // An answer that broke off before a word of it was spoken leaves no bubble behind: it will be given anew.
      if (action.final && action.text === '' && action.unheard === null) {
        return withTurns(state, state.turns.filter((turn) => turn.itemId !== action.itemId))
      }
      return upsert(state, action.itemId, 'assistant', action, (turn) => said(turn, action))
    case 'soundArrived':
      return upsert(state, action.itemId, 'assistant', action, (turn) => ({
        ...turn,
        sound: { receivedMs: (turn.sound?.receivedMs ?? 0) + action.ms, playedMs: turn.sound?.playedMs ?? 0, complete: false },
      }))
    case 'soundEnded':
      return changeItem(state, action.itemId, (turn) => (turn.sound ? { ...turn, sound: { ...turn.sound, complete: true } } : turn))
    case 'soundPlayed':
      return changeItem(state, action.itemId, (turn) =>
        turn.interrupted || !turn.sound
          ? turn
          : { ...turn, sound: action.finished ? null : { ...turn.sound, playedMs: Math.max(turn.sound.playedMs, action.ms) } },
      )
    case 'interrupted':
      return changeItem(state, action.itemId, (turn) => interrupted(turn, action.heardMs))
    case 'toolWorks': {
      const others = state.working.filter(({ callId }) => callId !== action.callId)
      return { ...state, working: action.works ? [...others, { callId: action.callId, name: action.name }] : others }
    }
    case 'resumedSpeech':
      return changeItem(state, action.itemId, (turn) => resumed(turn, action.fromMs))
    case 'callEnded':
      return withTurns(
        { ...state, working: [] },
        state.turns
          .filter((turn) => turn.itemId === null || turn.text !== '' || turn.unheard !== '')
          .map((turn) => (turn.itemId !== null ? { ...turn, state: 'done', sound: null } : turn)),
      )
    case 'stored':
      return withTurns(state, settled(state.turns, action.turns))
    case 'caughtUp':
      return withTurns(state, caughtUp(action.anew ? settled(state.turns, action.turns).filter(isKept) : state.turns, action.turns))
  }
}

function withTurns(state: Conversation, turns: readonly Turn[]): Conversation {
  return { ...state, turns }
}

function change(state: Conversation, key: string, update: (turn: Turn) => Turn): Conversation {
  return withTurns(state, state.turns.map((turn) => (turn.key === key ? update(turn) : turn)))
}

function changeItem(state: Conversation, itemId: string, update: (turn: Turn) => Turn): Conversation {
  return withTurns(state, state.turns.map((turn) => (turn.itemId === itemId ? update(turn) : turn)))
}

function upsert(
  state: Conversation,
  itemId: string,
  role: Role,
  { agentId, at }: { agentId: string; at: string },
  update: (turn: Turn) => Turn,
): Conversation {
  if (state.turns.some((turn) => turn.itemId === itemId)) return changeItem(state, itemId, update)
  const turn: Turn = { ...BLANK, key: itemId, itemId, role, how: 'spoken', agentId, at, state: 'waiting' }
  return withTurns(state, [...state.turns, update(turn)])
}

type HeardUser = Extract<ConversationAction, { type: 'heardUser' }>

function heardUser(state: Conversation, action: HeardUser): Conversation {
  const known = state.turns.some((turn) => turn.itemId === action.itemId)
  // What was typed into the call may come back as a transcript: it is the same turn.
  const echo = known ? undefined : state.turns.findLast((turn) => isEcho(turn, action.text))
  if (echo && action.final) return change(state, echo.key, (turn) => ({ ...turn, itemId: action.itemId }))
  // Speech that turned out to be nothing (a cough, a door) leaves no bubble behind.
  if (action.final && action.text.trim() === '') {
    return withTurns(state, state.turns.filter((turn) => turn.itemId !== action.itemId))
  }
  return upsert(state, action.itemId, 'user', action, (turn) => ({
    ...turn,
    text: action.text || turn.text,
    state: action.final ? 'done' : action.text || turn.text ? 'partial' : 'waiting',
  }))
}

function isEcho(turn: Turn, text: string): boolean {
  return turn.role === 'user' && turn.how === 'typed' && turn.itemId === null && turn.text.trim() === text.trim()
}

type Said = Extract<ConversationAction, { type: 'saidByAgent' }>

function said(turn: Turn, { text, final, unheard }: Said): Turn {
  // The service knows exactly what was heard; this page had only estimated it.
  if (unheard !== null) return { ...turn, text, unheard, interrupted: true, state: 'done', sound: null }
  if (turn.interrupted) return turn
  return { ...turn, text: text || turn.text, state: final ? 'done' : 'partial' }
}

function interrupted(turn: Turn, heardMs: number): Turn {
  if (turn.interrupted) return turn
  const sound: Sound = turn.sound ?? { receivedMs: 0, playedMs: 0, complete: true }
  const [text, unheard] = splitHeard(turn.text, { ...sound, playedMs: heardMs })
  return { ...turn, text, unheard, interrupted: true, state: 'done', sound: null }
}

/** Nobody had come in after all: the answer goes on, and its caption follows. */
function resumed(turn: Turn, fromMs: number): Turn {
  const whole = [turn.text.trimEnd(), turn.unheard.trimStart()].filter((part) => part !== '').join(' ')
  return { ...turn, text: whole, unheard: '', interrupted: false, sound: { receivedMs: fromMs, playedMs: fromMs, complete: false } }
}

/** A turn as the store has it. */
function fromStore(turn: StoredTurn): Turn {
  return {
    ...BLANK,
    key: turn.id,
    storedId: turn.id,
    role: turn.role,
    agentId: turn.agent_id,
    how: turn.channel === 'voice' ? 'spoken' : 'typed',
    at: turn.timestamp,
    text: turn.content,
    unheard: turn.unheard ?? '',
    interrupted: turn.interrupted ?? false,
    state: 'done',
  }
}

/** Stored turns first; what began on this page while they were loading stays behind them. */
function merged(stored: readonly Turn[], here: readonly Turn[]): readonly Turn[] {
  const ids = new Set(stored.map((turn) => turn.key))
  return [...stored, ...here.filter((turn) => !ids.has(turn.key) && !ids.has(turn.storedId ?? turn.itemId ?? ''))]
}

/** What the store knows better: its ids, and what exactly was heard of an interrupted answer. */
function settled(turns: readonly Turn[], stored: readonly StoredTurn[]): readonly Turn[] {
  const taken = new Set(turns.map((turn) => turn.storedId))
  return turns.map((turn) => {
    const match = stored.find(({ id }) => id === (turn.storedId ?? turn.itemId)) ?? sameWords(turn, stored, taken)
    if (!match) return turn
    taken.add(match.id)
    // Also when the call ended in the middle of it. While its sound plays, the page knows better.
    const exact = match.interrupted && turn.sound === null ? { text: match.content, unheard: match.unheard ?? '', interrupted: true } : {}
    return { ...turn, ...exact, storedId: match.id }
  })
}

function isKept({ itemId, storedId, state, sound }: Turn): boolean {
  return itemId === null || storedId !== null || (state === 'done' && sound === null)
}

/** All that the store has, each turn once: what is not on the page yet stands behind what was said before it. */
function caughtUp(turns: readonly Turn[], stored: readonly StoredTurn[]): readonly Turn[] {
  const ids = new Set(stored.map(({ id }) => id))
  // What only the store knew and knows no more was withdrawn: an answer that nobody heard.
  const known = settled(turns, stored).filter(({ key, itemId, storedId }) => itemId !== null || key !== storedId || ids.has(key))
  // An answer that is just being typed here has no id yet: it would come twice.
  if (known.some(({ how, role, state }) => how === 'typed' && role === 'assistant' && (state === 'waiting' || state === 'partial'))) return known
  const result = [...known]
  let last = -1
  for (const turn of stored) {
    const place = result.findIndex(({ storedId }) => storedId === turn.id)
    if (place === -1) result.splice(++last, 0, fromStore(turn))
    else {
      last = place
      // Never heard or typed here, so the store alone knows it, and an answer there may still grow.
      if (result[place]?.key === turn.id && result[place]?.itemId === null) result[place] = fromStore(turn)
    }
  }
  return result
}

/** What was typed has no id of its own here: its words find it, first come first served. */
function sameWords(turn: Turn, stored: readonly StoredTurn[], taken: ReadonlySet<string | null>): StoredTurn | undefined {
  if (turn.how !== 'typed' || turn.storedId !== null || turn.state !== 'done') return undefined
  return stored.find(({ id, role, content }) => !taken.has(id) && role === turn.role && content.trim() === turn.text.trim())
}

/** The answers that the store has, oldest first: those whose sources can be asked for. */
export function storedAnswers({ turns }: Conversation): readonly Turn[] {
  return turns.filter(({ role, state, storedId }) => role === 'assistant' && state === 'done' && storedId !== null)
}
