import type { Clock } from './clock.js'
import type { FeedFollower } from './feed/follower.js'
import type { Freshness } from './feed/freshness.js'
import type { GuardClock } from './feed/guard-clock.js'
import { readPlace, writePlace } from './feed/place.js'
import type { Log } from './log.js'
import type { IndexOfEndings } from './revocations/index-of-endings.js'
import { SnapshotFile } from './snapshot-file.js'
import { integer, text, type Json } from './strict-json.js'
import type { IssuerKeys } from './tokens/issuer-keys.js'
import { why } from './why.js'

/** What a guard remembers over a restart: the index, where it stood, how old that was, and the issuer's keys. */
export class Memory {
  private readonly file: SnapshotFile
  private saving: Promise<void> = Promise.resolve()

  constructor(
    path: string,
    secret: string,
    private readonly issuer: string,
    private readonly parts: {
      readonly index: IndexOfEndings
      readonly follower: FeedFollower
      readonly freshness: Freshness
      readonly time: GuardClock
      readonly keys: IssuerKeys
      readonly clock: Clock
      readonly log: Log
    },
  ) {
    this.file = new SnapshotFile(path, secret)
  }

  /** Takes in what was saved, if it is whole. Its age counts from the save. */
  async load(): Promise<void> {
    const { index, log } = this.parts
    try {
      const head = await this.file.read((ending) => index.apply(ending))
      if (head === 'none') return
      if (head !== 'damaged' && this.restore(head))
        log.info(`Enforcing ${index.count} revocations from ${this.file.path} until the feed is up`)
      else
        log.error(
          `${this.file.path} is damaged, of another secret or issuer, and is not trusted; the server is asked for everything`,
        )
    } catch (failure) {
      log.error(`${this.file.path} cannot be read; the server is asked for everything: ${why(failure)}`)
    }
  }

  /** Writes everything, after whatever is being written. */
  save(): Promise<void> {
    this.saving = this.saving.then(() => this.saveNow())
    return this.saving
  }

  private async saveNow(): Promise<void> {
    const { index, log } = this.parts
    const head = this.head() // before the index: what comes in between is in the index and told again
    if (!head) return
    try {
      await this.file.write({ head, endings: index.all() })
    } catch (failure) {
      log.error(
        `${this.file.path} cannot be written: a restart while the server is away would enforce nothing new: ${why(failure)}`,
      )
    }
  }

  private head(): Json | undefined {
    const { follower, freshness, time, keys, clock } = this.parts
    const { place } = follower
    if (!place) return undefined
    const now = clock.now()
    return {
      issuer: this.issuer,
      place: writePlace(place),
      saved_at: now,
      ...(Number.isFinite(freshness.age) && { age: Math.ceil(freshness.age) }),
      ...(time.server !== undefined && { server_ahead: Math.trunc(time.server - now) }),
      ...(keys.document !== undefined && { keys: keys.document }),
    }
  }

  private restore(head: Json): boolean {
    const { follower, freshness, time, keys, clock } = this.parts
    const [place, savedAt] = [readPlace(text(head, 'place')), integer(head, 'saved_at')]
    if (text(head, 'issuer') !== this.issuer || !place || savedAt === undefined) return false
    follower.restore(place)
    keys.remember(text(head, 'keys') ?? '')
    const [age, ahead, since] = [integer(head, 'age'), integer(head, 'server_ahead'), clock.now() - savedAt]
    if (ahead !== undefined) time.serverSays(clock.now() + ahead)
    // A clock that was set back since makes the time between unknown, and unknown is stale.
    if (age !== undefined && since >= 0) freshness.knownWithAge(age + since)
    return true
  }
}
