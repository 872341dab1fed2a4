// The answers of the administration, named as the API names them. Times are ISO 8601 in UTC.

export interface Account {
  readonly id: string
  readonly issuer: string
  readonly subject: string
  readonly email?: string
  readonly name?: string
  readonly roles: readonly string[]
  readonly created_at: string
  readonly disabled_at?: string
}

export interface AccountPage {
  readonly accounts: readonly Account[]
  readonly next?: string
}

export interface Session {
  readonly id: string
  readonly user: string
  readonly issuer: string
  readonly outside_id?: string
  readonly client: string
  readonly device: string
  readonly address?: string
  readonly opened_at: string
  readonly last_seen_at: string
  readonly expires_at: string
  readonly alive: boolean
  readonly ended_at?: string
  readonly end_reason?: string
  readonly end_event?: string
}

export interface SessionPage {
  readonly sessions: readonly Session[]
  readonly next?: string
}

export interface AccountDetail {
  readonly account: Account
  readonly alive: number
  readonly sessions: readonly Session[]
  readonly next?: string
}

export interface Ending {
  readonly dry_run: boolean
  readonly ended: number
  readonly id?: string
  readonly at?: string
  readonly warning?: string
}

export interface Tally {
  /** Absent where there is none. */
  readonly key?: string
  readonly endings: number
  readonly sessions: number
  readonly failed_sign_ins: number
  readonly sign_ins: number
}

export interface Report {
  readonly from: string
  readonly to: string
  readonly rows: readonly Tally[]
  readonly endings: number
  readonly sessions: number
  readonly failed_sign_ins: number
  readonly sign_ins: number
}

/** How long guards took lately from the decision of an ending to its enforcement, in milliseconds. */
export interface Propagation {
  readonly p50_ms: number
  readonly p99_ms: number
  readonly acknowledgements: number
}

export interface Overview {
  readonly at: string
  readonly active_sessions: number
  readonly feed_place: string
  readonly guards: number
  readonly guards_behind: number
  readonly propagation?: Propagation
  readonly journal?: { readonly depth: number; readonly oldest_seconds?: number; readonly writable: boolean }
}

export interface Guard {
  readonly name: string
  readonly instance: string
  readonly client: string
  readonly since: string
  readonly acknowledged_at?: string
  readonly behind?: number
  readonly propagation?: Propagation
}

export interface AuditEntry {
  readonly at: string
  readonly action: string
  readonly by: { readonly kind: string; readonly user?: string; readonly session?: string; readonly name?: string }
  readonly user?: string
  readonly session?: string
  readonly event?: string
  readonly reason?: string
  readonly count?: number
  readonly client?: string
  readonly device?: string
  readonly detail?: string
  readonly address?: string
  readonly user_agent?: string
  readonly claimed?: string
  readonly erased?: boolean
  readonly chain: string
  readonly number: number
  readonly hash: string
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly next?: string
}

export interface Client {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly created_at: string
}

export interface Key {
  readonly kind: 'signing' | 'secret'
  readonly id: string
  readonly algorithm: string
  readonly stage: 'next' | 'in_use' | 'retired' | 'done_with'
  readonly made_at: string
  readonly from: string
}
