import { createHash } from 'node:crypto'
import type { TokenFacts } from '../revocations/revocation.js'
import type { AccessToken } from './access-token.js'

/** A token that was verified, and what endings can ask of it. */
export interface Verified {
  readonly token: AccessToken
  readonly facts: TokenFacts
  /** Until when it need not be verified again, in milliseconds since 1970; never later than it expires, leeway included. */
  readonly until: number
}

/**
 * Remembers verified tokens, so that a repeated one costs a hash instead of a signature. It knows nothing of endings: those are asked about every time. Tokens
 * are known by their SHA-256, never by their text, so a memory dump opens nothing. Who was not asked for the longest makes room.
 */
export class VerifiedTokens {
  private readonly known = new Map<string, Verified>()

  constructor(private readonly capacity: number) {}

  get count(): number {
    return this.known.size
  }

  /** The name under which a token is kept. */
  nameOf(token: string): string {
    return createHash('sha256').update(token).digest('base64')
  }

  find(name: string, now: number): Verified | undefined {
    const verified = this.known.get(name)
    if (!verified) return undefined
    this.known.delete(name)
    if (now >= verified.until) return undefined
    this.known.set(name, verified) // now the newest
    return verified
  }

  add(name: string, verified: Verified): void {
    for (const oldest of this.known.keys()) {
      if (this.known.size < this.capacity) break
      this.known.delete(oldest)
    }

    this.known.set(name, verified)
  }
}
