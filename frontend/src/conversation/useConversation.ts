/** The conversation of the tab's session: loads what is stored, sends typed messages, streams the answers. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useReducer, useRef, useState } from 'react'
import { streamChat } from '../api/chat'
import { asProblem, type Problem } from '../api/problems'
import { fetchTranscript } from '../api/queries'
import { EMPTY, conversation, type Conversation, type ConversationAction } from './turns'

export interface ConversationHandle {
  readonly conversation: Conversation
  readonly loading: boolean
  /** Why the stored turns could not be read, or null. */
  readonly loadProblem: Problem | null
  readonly answering: boolean
  reload(): void
  ask(text: string, agentId: string): void
  retry(key: string): void
  /** Take a failed message back; returns its words. */
  withdraw(key: string): string
  stop(): void
  dispatch(action: ConversationAction): void
  /** Read again what the store says: it is exact about what was heard. */
  settle(): void
  /** Read from the store what was said without this page hearing it; `anew`: because the call began anew. */
  catchUp(anew?: boolean): void
}

/**
 * `announce` speaks a finished answer to a screen reader; `onStored` is told that memory has got something new; `onAgent`,
 * that the assistant who was asked has handed over to another.
 */
export function useConversation(
  sessionId: string,
  announce: (words: string) => void,
  onStored: () => void,
  onAgent: (agentId: string) => void,
): ConversationHandle {
  const [state, dispatch] = useReducer(conversation, EMPTY)
  const [answering, setAnswering] = useState(false)
  const running = useRef<AbortController | null>(null)
  const queries = useQueryClient()
  const [shownSession, setShownSession] = useState(sessionId)

  if (shownSession !== sessionId) {
    // Before the new session is painted: another conversation's words must not stand under this one's name.
    setShownSession(sessionId)
    dispatch({ type: 'cleared' })
  }

  const stored = useQuery({
    queryKey: ['transcript', sessionId],
    queryFn: ({ signal }) => fetchTranscript(sessionId, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

  const { data } = stored
  useEffect(() => {
    if (data?.id === sessionId) dispatch({ type: 'loaded', turns: data.transcript })
  }, [data, sessionId])

  useEffect(() => () => running.current?.abort(), [sessionId])

  const settle = useCallback(() => {
    void queries.invalidateQueries({ queryKey: ['episodes'] })
    onStored()
    fetchTranscript(sessionId).then(
      ({ transcript }) => dispatch({ type: 'stored', turns: transcript }),
      // The page keeps its own account; the next settling or reload corrects it.
      () => undefined,
    )
  }, [queries, sessionId, onStored])

  const catchUp = useCallback(
    (anew = false) => {
      fetchTranscript(sessionId).then(
        ({ transcript }) => dispatch({ type: 'caughtUp', turns: transcript, anew }),
        () => undefined,
      )
    },
    [sessionId],
  )

  const run = async (key: string, content: string, agentId: string) => {
    const abort = new AbortController()
    running.current = abort
    setAnswering(true)
    try {
      const reply = await streamChat(
        { content, agent_id: agentId, session_id: sessionId },
        (text) => dispatch({ type: 'answerGrew', key, text }),
        (tool) => dispatch({ type: 'toolWorks', callId: tool.call_id, name: tool.name, works: tool.status === 'started' }),
        abort.signal,
      )
      if (abort.signal.aborted) return
      dispatch({ type: 'answered', key, reply })
      if (reply.agent_id !== agentId) onAgent(reply.agent_id)
      announce(`${reply.agent_name}: ${reply.content}`)
      void queries.invalidateQueries({ queryKey: ['episodes'] })
      onStored()
    } catch (error) {
      if (abort.signal.aborted) dispatch({ type: 'answerStopped', key })
      else dispatch({ type: 'answerFailed', key, problem: asProblem(error) })
    } finally {
      if (running.current === abort) {
        running.current = null
        setAnswering(false)
      }
    }
  }

  return {
    conversation: state,
    loading: stored.isPending,
    loadProblem: stored.error ? asProblem(stored.error) : null,
    answering,
    reload: () => void stored.refetch(),
    ask: (text, agentId) => {
      const key = `typed-${crypto.getRandomValues(new Uint32Array(2)).join('')}`
      dispatch({ type: 'asked', key, text, agentId, at: new Date().toISOString() })
      void run(key, text, agentId)
    },
    retry: (key) => {
      const question = state.turns.find((turn) => turn.key === key)
      if (!question || answering) return
      dispatch({ type: 'askedAgain', key, at: new Date().toISOString() })
      void run(key, question.text, question.agentId)
    },
    withdraw: (key) => {
      const words = state.turns.find((turn) => turn.key === key)?.text ?? ''
      dispatch({ type: 'withdrawn', key })
      return words
    },
    stop: () => running.current?.abort(),
    dispatch,
    settle,
    catchUp,
  }
}
