import type { Clock } from '../clock.js'
import { staleAfter } from './freshness.js'

const drift = 1000 // two clocks do not run alike: of the time that passes, one part in so many is forgiven

/**
 * How late the heartbeats of a stream come. The one that was fastest tells how far the server's clock is ahead of this process's own; any other is late by as much
 * as it falls short of that. So neither a network that keeps events back, a little longer each, nor a process that stood still makes old knowledge look new, and
 * clocks that are apart do not matter.
 */
export class Lateness {
  private begun = 0 // on the monotonic clock
  private beaten = 0
  private ahead: number | undefined

  constructor(private readonly clock: Clock) {}

  /** A stream is asked for. */
  begin(): void {
    this.begun = this.clock.elapsed()
    this.ahead = undefined
  }

  /**
   * How late this heartbeat comes, at least. The first has nothing to be compared with, so it must come soon after the stream was asked for.
   * @param sent When the server sent it, by a clock of the server's.
   */
  of(sent: number): number {
    const now = this.clock.elapsed()
    const difference = sent - now
    const before = this.ahead
    this.ahead = before === undefined ? difference : Math.max(difference, before - (now - this.beaten) / drift)
    this.beaten = now
    if (before !== undefined) return this.ahead - difference
    const waited = now - this.begun
    return waited > staleAfter ? waited : 0
  }
}
