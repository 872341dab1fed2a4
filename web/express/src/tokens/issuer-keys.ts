import type { Clock } from '../clock.js'
import type { Log } from '../log.js'
import { discard, fetchPlainly, readBounded } from '../server-connections.js'
import { readKeySet, type KeySet } from './key-set.js'
import { why } from '../why.js'

const old = 5 * 60_000 // a key that the issuer withdraws stops counting this long afterwards
const pause = 60_000
const pauseWithoutKeys = 5000
const patience = 5000
const mostBytes = 256 * 1024

/**
 * The keys that the issuer publishes, at one address or at several that are tried in turn. They are fetched when they are first needed, again in the background
 * when they are old, and at once, but at most once a minute, when a token names a key that is not among them. When the issuer cannot be reached, the keys that
 * are here go on serving.
 */
export class IssuerKeys {
  private known: KeySet | undefined
  private fetching: Promise<void> | undefined
  private askedAt = -Infinity // on the monotonic clock

  constructor(
    private readonly servers: readonly URL[],
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** The newest set as it was received, to be kept. */
  get document(): string | undefined {
    return this.known?.document
  }

  /** Starts with a set that was kept, until one can be fetched. One that cannot be read is left alone. */
  remember(document: string): void {
    this.known ??= readKeySet(document)
  }

  /** The keys as they are known now; undefined when none have been had yet. */
  async current(): Promise<KeySet | undefined> {
    if (!this.known) await this.fetch(pauseWithoutKeys)
    else if (this.clock.elapsed() - this.askedAt > old) void this.fetch(pause) // nobody waits for it
    return this.known
  }

  /** Newer keys than these, which lack the key of a token; undefined when there are none, or it is too early to ask again. */
  async newerThan(known: KeySet): Promise<KeySet | undefined> {
    if (this.known === known) await this.fetch(pause)
    return this.known === known ? undefined : this.known
  }

  // Everybody who needs the keys waits for the same fetch. It never rejects.
  private fetch(atMostEvery: number): Promise<void> {
    if (this.fetching) return this.fetching
    if (this.clock.elapsed() - this.askedAt < atMostEvery) return Promise.resolve()
    this.askedAt = this.clock.elapsed()
    this.fetching = this.fetchOnce().finally(() => (this.fetching = undefined))
    return this.fetching
  }

  private async fetchOnce(): Promise<void> {
    for (const server of this.servers) if (await this.tryFetch(new URL('.well-known/jwks.json', server))) return
  }

  private async tryFetch(address: URL): Promise<boolean> {
    try {
      const response = await fetchPlainly(address, { signal: AbortSignal.timeout(patience) })
      if (response.status !== 200) {
        await discard(response)
        throw new Error(`the answer was ${response.status}`)
      }

      const set = readKeySet(await readBounded(response, mostBytes))
      if (!set) throw new Error('the answer is not a key set')
      this.known = set
      return true
    } catch (failure) {
      this.log.warn(
        `The keys at ${address.href} could not be fetched: ${why(failure)}. Those that are known stay in use`,
      )
      return false
    }
  }
}
