import type { Clock } from '../clock.js'

/** From this age on, what is known is stale. */
export const staleAfter = 15_000

/**
 * How old the guard's knowledge is. Only differences that one clock has measured enter into it: the server's own between its last look at the log and the
 * heartbeat, and this process's monotonic one since. So clocks that are apart make nobody look fresher or staler than they are.
 */
export class Freshness {
  private knownAt = -Infinity // on the monotonic clock

  constructor(private readonly clock: Clock) {}

  /** In milliseconds; Infinity when nothing was ever synced. */
  get age(): number {
    return Math.max(0, this.clock.elapsed() - this.knownAt)
  }

  /** What is known now is this old. An older word takes nothing back. */
  knownWithAge(age: number): void {
    this.knownAt = Math.max(this.knownAt, this.clock.elapsed() - age)
  }
}
