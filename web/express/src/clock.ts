/** Where time comes from. */
export interface Clock {
  /** Milliseconds since 1970. It may be wrong, and it may jump. */
  now(): number
  /** Milliseconds since some moment. It never goes back; ages are measured with it. */
  elapsed(): number
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() }
