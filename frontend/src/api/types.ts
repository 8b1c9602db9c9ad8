/** The shapes of the HTTP API, as the service documents them. Timestamps are RFC 3339 in UTC. */

import type { EntraApp } from '../session/entra'

export interface Config {
  /** How one signs in here. */
  readonly auth_mode: string
  /** Whether this page can sign people in; absent where nobody has to. */
  readonly sign_in?: Capability | null
  readonly entra?: EntraApp | null
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

export type FactKind = 'profile' | 'preference' | 'event' | 'task'
/** How memory came by a fact; `user`: the person wrote or changed it here. */
export type FactSource = 'rule' | 'model' | 'user' | 'zep' | 'import'

/** A turn that proves a fact, with the words of it that do. */
export interface Proof {
  readonly turn_id: string
  readonly session_id: string
  readonly channel: Channel
  readonly agent_id: string
  readonly said_at: string
  readonly quote: string
}

/** What memory holds for true about the person, or held. Nothing is overwritten: a change makes another fact. */
export interface Fact {
  readonly id: string
  /** A plain sentence: "Works at Siemens." */
  readonly text: string
  readonly subject: string
  readonly predicate: string
  readonly value: string
  readonly kind: FactKind
  readonly source: FactSource
  /** 0 to 1. */
  readonly confidence: number
  /** When it was true, half-open; null: not known, or still. */
  readonly valid_from: string | null
  readonly valid_to: string | null
  /** Since when and until when memory held it for true. */
  readonly recorded_at: string | null
  readonly superseded_at: string | null
  readonly superseded_by: string | null
  readonly current: boolean
  readonly replaces: { readonly id: string; readonly text: string } | null
  /** Oldest first. */
  readonly provenance: readonly Proof[]
}

export interface FactPage {
  readonly facts: readonly Fact[]
  readonly next_cursor: string | null
}

/** An earlier turn that memory found. */
export interface FoundTurn {
  readonly turn_id: string
  readonly session_id: string
  readonly role: Role
  readonly agent_id: string
  readonly channel: Channel
  readonly timestamp: string
  readonly content: string
  /** Only its order means anything; absent where there is none. */
  readonly score?: number
}

/** A stretch of time that a question named. */
export interface Period {
  readonly begin: string
  readonly end: string
  readonly words: string
}

export interface SearchAnswer {
  /** Whether memory holds an answer at all. */
  readonly supported: boolean
  readonly facts: readonly Fact[]
  readonly passages: readonly FoundTurn[]
  readonly understood?: { readonly periods: readonly Period[]; readonly speakers: readonly string[]; readonly agents: readonly string[] }
}

/** What was recalled for one answer. */
export interface Why {
  readonly turn_id: string
  readonly facts: readonly Fact[]
  readonly passages: readonly FoundTurn[]
}
