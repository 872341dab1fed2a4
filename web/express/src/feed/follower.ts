import type { Clock } from '../clock.js'
import type { IndexOfEndings } from '../revocations/index-of-endings.js'
import { readRevocation } from '../revocations/read-revocation.js'
import type { Ending } from '../revocations/revocation.js'
import { FeedBroken } from './broken.js'
import type { FeedEvent } from './events.js'
import { staleAfter, type Freshness } from './freshness.js'
import type { GuardClock } from './guard-clock.js'
import { readHeartbeat } from './heartbeat.js'
import { Lateness } from './lateness.js'
import { readPlace, writePlace, type Place } from './place.js'
import { readSnapshotPart } from './snapshot-part.js'

// What a server prolonged at its place while nobody listened comes only with a snapshot; twice a day is often, as such endings live for days.
const snapshotEvery = 12 * 60 * 60_000

/**
 * What becomes of each event. It only ever adds to the index: events that come twice, late, or of another life of the ledger take nothing back. Whatever could
 * mean that something was missed ends the stream, so that the next one closes the gap; until then the guard does not become fresh.
 */
export class FeedFollower {
  private at: Place | undefined
  private wantsSnapshot = true
  private snapshotAt = 0 // on the monotonic clock
  private isFirst = true // after joining: places that have expired are missing then
  private parts = 0
  private beaten = 0
  private readonly lateness: Lateness

  constructor(
    private readonly index: IndexOfEndings,
    private readonly freshness: Freshness,
    private readonly time: GuardClock,
    private readonly clock: Clock,
    private readonly mostEntries: number,
  ) {
    this.lateness = new Lateness(clock)
  }

  /** Where it stands; undefined before the first snapshot. */
  get place(): Place | undefined {
    return this.at
  }

  /** The place to resume from; undefined to be given the snapshot. */
  get resumeFrom(): Place | undefined {
    return this.wantsSnapshot || this.clock.elapsed() - this.snapshotAt > snapshotEvery ? undefined : this.at
  }

  /** Goes on from what a file remembered. */
  restore(place: Place): void {
    this.at = place
    this.wantsSnapshot = false
    this.snapshotAt = this.clock.elapsed()
  }

  /** A new stream is about to be asked for. */
  begin(): void {
    this.lateness.begin()
    this.isFirst = true
    this.parts = 0
    this.beaten = 0
  }

  /**
   * Takes one event; those that are not known are left alone.
   * @returns The place to acknowledge, when the server asks for that.
   * @throws FeedBroken The stream must not be followed any further.
   */
  take({ name, id, data }: FeedEvent): Place | undefined {
    if (name === 'revocation') this.takeRevocation(id, data)
    else if (name === 'snapshot') this.takeSnapshot(id, data)
    else if (name === 'heartbeat') this.takeHeartbeat(data)
    else if (name === 'ack') return this.at // whatever was asked for: what is enforced here is what can be acknowledged
    return undefined
  }

  private takeRevocation(id: string | undefined, data: string): void {
    // A scope that a newer server knows is unreadable, too: what cannot be enforced must not be passed over in silence.
    const revocation = readRevocation(data)
    if (!revocation) throw new FeedBroken('A revocation cannot be read.')
    const { place } = revocation
    if (id && (!place || id !== writePlace(place))) throw new FeedBroken('The id of an event is not its place.')

    this.apply(revocation)
    if (!id || !place) return
    if (place.epoch !== this.at?.epoch) throw this.lost('The feed speaks of another life of the ledger.')
    if (place.seq <= this.at.seq) return // again, or late
    if (!this.isFirst && place.prev > this.at.seq) throw new FeedBroken('An event is missing.')
    this.at = { epoch: place.epoch, seq: place.seq }
    this.isFirst = false
  }

  private takeSnapshot(id: string | undefined, data: string): void {
    const part = readSnapshotPart(data)
    if (part?.part !== this.parts + 1) throw this.lost('A snapshot cannot be read.')
    const at = readPlace(id)
    if (part.last && !at) throw this.lost('A snapshot does not say where it stands.')

    for (const revocation of part.revocations) this.apply(revocation)
    this.parts = part.part
    if (!part.last || !at) return
    this.restore(at)
    this.isFirst = true
    this.parts = 0
  }

  private takeHeartbeat(data: string): void {
    const beat = readHeartbeat(data)
    if (!beat) throw new FeedBroken('A heartbeat cannot be read.')
    if (this.wantsSnapshot || beat.newest.epoch !== this.at?.epoch)
      throw this.lost('The feed speaks of another life of the ledger.')
    if (beat.time < this.beaten) throw new FeedBroken("The server's time goes backwards.")
    if (beat.asOf > beat.time) throw new FeedBroken('The server claims to know the future.')
    if (beat.newest.seq < this.at.seq) throw new FeedBroken('The feed claims to go backwards.')
    if (beat.newest.seq > this.at.seq && !this.isFirst) throw new FeedBroken('Events are missing.')

    this.at = beat.newest
    this.beaten = beat.time
    this.isFirst = false
    this.time.serverSays(beat.time)
    const late = this.lateness.of(beat.sent ?? beat.time)
    this.freshness.knownWithAge(beat.time - beat.asOf + late)
    if (late > staleAfter) throw new FeedBroken('Something on the way keeps events back.')
  }

  private apply(ending: Ending): void {
    if (this.index.count >= this.mostEntries)
      throw new FeedBroken('There are more revocations than this guard has room for.')
    this.index.apply(ending)
  }

  private lost(why: string): FeedBroken {
    this.wantsSnapshot = true
    return new FeedBroken(why)
  }
}
