import type { Log } from './log.js'
import type { TokenFacts } from './revocations/revocation.js'

interface Live {
  readonly facts: TokenFacts
  readonly until: number
  readonly cut: () => void
}

/** Requests that are being answered, and connections that stay open: each is cut when its session ends, and at its token's end. */
export class LiveRequests {
  private readonly open = new Set<Live>()

  constructor(private readonly log: Log) {}

  get count(): number {
    return this.open.size
  }

  /**
   * Watches one.
   * @param until When its token expires, in milliseconds since 1970.
   * @returns To be called when it is over by itself.
   */
  watch(facts: TokenFacts, until: number, cut: () => void): () => void {
    const live = { facts, until, cut }
    this.open.add(live)
    return () => this.open.delete(live)
  }

  /** Cuts those that must not go on. */
  sweep(isRevoked: (facts: TokenFacts) => boolean, now: number): void {
    for (const live of this.open) {
      if (now < live.until && !isRevoked(live.facts)) continue
      this.open.delete(live)
      try {
        live.cut()
      } catch (failure) {
        this.log.error(`What watched a request failed to cut it: ${String(failure)}`) // the others are cut all the same
      }
    }
  }
}
