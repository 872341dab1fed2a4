import { setImmediate } from 'node:timers/promises'
import { addCutOff } from './cut-offs.js'
import { covers, type Ending, type TokenFacts } from './revocation.js'

const slice = 10_000 // entries between two turns of the event loop

/** What has ended at one issuer, a table for each scope. Points: when they can be forgotten, by their key. */
class AtIssuer {
  readonly token = new Map<string, number>()
  readonly session = new Map<string, number>()
  readonly key = new Map<string, number>()
  readonly user = new Map<string, readonly Ending[]>()
  readonly client = new Map<string, readonly Ending[]>()
  readonly issuer = new Map<string, readonly Ending[]>() // under the empty key, so that all cut-offs are alike

  get isEmpty(): boolean {
    return [this.token, this.session, this.key, this.user, this.client, this.issuer].every((table) => table.size === 0)
  }
}

/** Answers from memory whether a token must be refused, by the rule of {@link covers}. It only ever adds; nothing leaves except by expiry. */
export class IndexOfEndings {
  private readonly issuers = new Map<string, AtIssuer>()
  private readonly everyone = new Map<string, readonly Ending[]>()
  private entries = 0

  /** Entries held, expired ones that have not been removed included; one that others imply is not kept. */
  get count(): number {
    return this.entries
  }

  /** Whether an ending covers this token. */
  isRevoked(token: TokenFacts): boolean {
    if (this.everyone.get('')?.some((ending) => covers(ending, token))) return true
    const at = this.issuers.get(token.issuer)
    if (!at) return false
    return (
      (token.session !== undefined && at.session.has(token.session)) ||
      (token.tokenId !== undefined && at.token.has(token.tokenId)) ||
      (token.keyId !== undefined && at.key.has(token.keyId)) ||
      coveredBy(at.user.get(token.subject), token) ||
      (token.client !== undefined && coveredBy(at.client.get(token.client), token)) ||
      coveredBy(at.issuer.get(''), token)
    )
  }

  /** Takes in one ending. Order and repeats do not matter. */
  apply(ending: Ending): void {
    if (ending.scope === 'everyone') {
      this.entries += addCutOff(this.everyone, ending)
      return
    }

    let at = this.issuers.get(ending.issuer)
    if (!at) this.issuers.set(ending.issuer, (at = new AtIssuer()))
    if (ending.scope === 'user' || ending.scope === 'client' || ending.scope === 'issuer') {
      this.entries += addCutOff(at[ending.scope], ending)
      return
    }

    const points = at[ending.scope]
    const known = points.get(ending.key)
    if (known === undefined) this.entries++
    if (known === undefined || known < ending.expires) points.set(ending.key, ending.expires)
  }

  /** Forgets what expires up to and including this time, in slices: requests are answered in between. */
  async removeExpired(now: number): Promise<void> {
    let seen = 0
    const turn = async () => (++seen % slice === 0 ? setImmediate() : undefined)
    for (const [issuer, at] of this.issuers) {
      for (const points of [at.token, at.session, at.key]) {
        for (const [key, expires] of points) {
          if (expires <= now && points.delete(key)) this.entries--
          await turn()
        }
      }

      for (const cutOffs of [at.user, at.client, at.issuer]) {
        for (const key of cutOffs.keys()) {
          this.forget(cutOffs, key, now)
          await turn()
        }
      }

      if (at.isEmpty) this.issuers.delete(issuer)
    }

    this.forget(this.everyone, '', now)
  }

  /** All that it holds, in no order. What is added meanwhile may or may not be among it. */
  *all(): Generator<Ending> {
    for (const [issuer, at] of this.issuers) {
      for (const scope of ['token', 'session', 'key'] as const)
        for (const [key, expires] of at[scope]) yield { scope, issuer, key, expires }
      for (const table of [at.user, at.client, at.issuer]) for (const cutOffs of table.values()) yield* cutOffs
    }

    for (const cutOffs of this.everyone.values()) yield* cutOffs
  }

  private forget(table: Map<string, readonly Ending[]>, key: string, now: number): void {
    const before = table.get(key) ?? []
    const left = before.filter((ending) => ending.expires > now)
    if (left.length === before.length) return
    if (left.length === 0) table.delete(key)
    else table.set(key, left)
    this.entries -= before.length - left.length
  }
}

function coveredBy(cutOffs: readonly Ending[] | undefined, token: TokenFacts): boolean {
  return cutOffs?.some((ending) => covers(ending, token)) ?? false
}
