import type { Clock } from '../../src/clock.js'

/** A clock that stands still until it is told to move. */
export class TestClock implements Clock {
  private at = 1_800_000_000_000

  now = () => this.at

  elapsed = () => this.at - 1_700_000_000_000

  advance(milliseconds: number): void {
    this.at += milliseconds
  }
}
