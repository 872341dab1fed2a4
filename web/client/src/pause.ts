import type { Platform } from './platform.js'

/** Waits; an abort ends the wait early, without an error. */
export function pause(platform: Platform, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = platform.after(milliseconds, done)
    signal?.addEventListener('abort', done)
  })
}

/** Waits before try number `attempt` (from 0): 1 s, doubling up to 30 s, spread by half so that a server which returns is not stormed. */
export function backoff(platform: Platform, attempt: number, signal: AbortSignal): Promise<void> {
  return pause(platform, Math.min(30_000, 1000 * 2 ** Math.min(attempt, 5)) * (0.5 + platform.random() / 2), signal)
}
