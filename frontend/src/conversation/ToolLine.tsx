/** What an assistant is doing for its answer besides thinking, in a few words under the talk. */
import { agentName, useAgentList } from '../desk/agents'
import type { Working } from './turns'

const WORDS: Readonly<Record<string, string>> = {
  search_memory: 'Looking in memory…',
  remember: 'Noting that down…',
  hand_off: 'Bringing somebody in…',
  get_time: 'Looking at the clock…',
  unknown: 'Looking for a way…',
}

/** `docs_search` of a connected server has no words of ours: it is named as it is. */
export function toolWords(name: string): string {
  return WORDS[name] ?? `Using ${name.replaceAll('_', ' ')}…`
}

export function ToolLine({ working, agentId }: { working: readonly Working[]; agentId: string }) {
  const agents = useAgentList()
  const last = working.at(-1)
  if (!last) return null
  return (
    <p role="status" data-tool={last.name} className="quiet thinking pl-[46px]">
      <span className="sr-only">{agentName(agents, agentId)}: </span>
      {toolWords(last.name)}
    </p>
  )
}
