/** One chat turn, streamed: the words as they come, then the complete reply. */
import { send } from './client'
import { ProblemError, cutShort, problemFrom } from './problems'
import { EventParser } from './sse'
import type { ChatReply } from './types'

export interface ChatRequest {
  readonly content: string
  readonly agent_id: string
  readonly session_id: string
}

export interface ToolEvent {
  readonly name: string
  readonly call_id: string
  readonly status: 'started' | 'done' | 'failed'
}

/** What the service accepts in one message, in characters (Unicode code points). */
export const MESSAGE_LIMIT = 32_000

/**
 * Send a message and call `onDelta` with each piece of the answer, and `onTool` with each tool that begins or ends.
 *
 * Raises ProblemError when the service says no, or when the stream ends before its `done`. Aborting `signal` closes the
 * connection, which also stops the model.
 */
export async function streamChat(
  request: ChatRequest,
  onDelta: (text: string) => void,
  onTool: (tool: ToolEvent) => void,
  signal: AbortSignal,
): Promise<ChatReply> {
  const response = await send('/api/v1/chat', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    body: JSON.stringify(request),
    signal,
  })
  if (!(response.headers.get('Content-Type') ?? '').includes('text/event-stream') || response.body === null) {
    return (await response.json()) as ChatReply
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  const parser = new EventParser()
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      for (const { event, data } of parser.push(value)) {
        if (event === 'delta') onDelta((JSON.parse(data) as { text: string }).text)
        else if (event === 'tool') onTool(JSON.parse(data) as ToolEvent)
        else if (event === 'done') return JSON.parse(data) as ChatReply
        else if (event === 'error') throw new ProblemError(problemFrom(502, JSON.parse(data)))
      }
    }
  } catch (error) {
    if (error instanceof ProblemError || signal.aborted) throw error
    throw new ProblemError(cutShort())
  } finally {
    await reader.cancel().catch(() => undefined)
  }
  throw new ProblemError(cutShort())
}
