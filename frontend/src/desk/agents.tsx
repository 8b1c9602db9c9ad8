/** The assistants on the page: their names and colours, from the service's profiles. */
import { createContext, useContext, type CSSProperties, type ReactNode } from 'react'
import type { Agent } from '../api/types'

const AgentsContext = createContext<readonly Agent[]>([])

export function AgentsProvider({ agents, children }: { agents: readonly Agent[]; children: ReactNode }) {
  return <AgentsContext value={agents}>{children}</AgentsContext>
}

export function useAgentList(): readonly Agent[] {
  return useContext(AgentsContext)
}

/** An assistant's name; one that has left the directory is shown by its id. */
export function agentName(agents: readonly Agent[], id: string): string {
  return agents.find((agent) => agent.id === id)?.name ?? id.charAt(0).toUpperCase() + id.slice(1)
}

const COLOUR = /^#[0-9a-f]{3,8}$/i

/** The style that gives `agent-colours` its two colours. A profile's value that is no plain colour is not used. */
export function agentStyle(agents: readonly Agent[], id: string): CSSProperties {
  const colour = agents.find((agent) => agent.id === id)?.colour
  if (!colour || !COLOUR.test(colour.light) || !COLOUR.test(colour.dark)) return {}
  return { '--agent-light': colour.light, '--agent-dark': colour.dark } as CSSProperties
}
