/** The shapes of the HTTP API, as the service documents them. Timestamps are RFC 3339 in UTC. */

export interface Config {
  readonly auth_mode: string
  readonly level: string
  readonly environment: string
  readonly chat: Capability
  readonly voice: Capability
  /** Absent when the service does not say; then the page says nothing either. */
  readonly memory?: { readonly enabled: boolean }
  readonly recording?: { readonly enabled: boolean }
}

export interface Capability {
  readonly configured: boolean
  /** What to do about it, when it is not configured. */
  readonly remedy?: string | null
}

export interface Agent {
  readonly id: string
  readonly name: string
  readonly title: string
  readonly expertise: readonly string[]
  readonly greeting: string
  readonly colour: { readonly light: string; readonly dark: string }
  readonly voice_name: string
}

export type Channel = 'voice' | 'chat'
export type Role = 'user' | 'assistant'

export interface Episode {
  readonly id: string
  readonly title: string
  readonly agents: readonly string[]
  readonly channels: readonly Channel[]
  readonly turn_count: number
  readonly created_at: string
  readonly updated_at: string
}

export interface EpisodePage {
  readonly episodes: readonly Episode[]
  readonly next_cursor: string | null
}

export interface StoredTurn {
  readonly id: string
  readonly role: Role
  readonly content: string
  readonly unheard?: string | null
  readonly agent_id: string
  readonly channel: Channel
  readonly timestamp: string
  readonly interrupted?: boolean
}

export interface Transcript {
  readonly id: string
  readonly transcript: readonly StoredTurn[]
}

export interface Recalled {
  readonly turn_id: string
  readonly session_id: string
  readonly said_at: string
  readonly excerpt: string
}

export interface ChatReply {
  readonly message_id: string
  readonly content: string
  readonly agent_id: string
  readonly agent_name: string
  readonly session_id: string
  readonly timestamp: string
  readonly tokens_used: number | null
  readonly latency_ms: number
  readonly recalled?: readonly Recalled[]
}
