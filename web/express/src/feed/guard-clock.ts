import type { Clock } from '../clock.js'

/**
 * The guard's time. Tokens are judged by the later of the own clock and the server's, so that a clock that is slow lets nothing live longer; what has expired is
 * forgotten by the earlier of the two, so that one that is fast forgets nothing too early.
 */
export class GuardClock {
  private serverMinusElapsed: number | undefined

  constructor(private readonly own: Clock) {}

  /** By which tokens are judged. Milliseconds since 1970, like all that follows. */
  get now(): number {
    return Math.max(this.own.now(), this.server ?? 0)
  }

  /** By which endings are forgotten. */
  get forgetting(): number {
    return Math.min(this.own.now(), this.server ?? Infinity)
  }

  /** What the server's clock shows now, as far as is known; undefined before the first heartbeat. */
  get server(): number | undefined {
    return this.serverMinusElapsed === undefined ? undefined : this.serverMinusElapsed + this.own.elapsed()
  }

  serverSays(time: number): void {
    this.serverMinusElapsed = time - this.own.elapsed()
  }
}
