import type { Platform } from './platform.js'
import { readReason, type EndReason } from './reasons.js'

/** The one key that the kit keeps between pages. */
export const storeKey = 'exeunt.session'

/** What is known between pages, and what tabs tell each other. */
export type Kept =
  | { readonly as: 'nobody' }
  /** Somebody is signed in: the binder without which the cookie signs nobody in. */
  | { readonly as: 'in'; readonly binder: string }
  /** Signed out here, and the server has not confirmed it. Nothing else survives a logout. */
  | { readonly as: 'out' }
  /** Ended from elsewhere `at` this time (milliseconds): for the pages that are opened next, so that they can say why. Names nobody, opens nothing. */
  | { readonly as: 'ended'; readonly reason: EndReason; readonly at: number }

/** Reads what a value means; anything strange is nobody. */
export function readKept(value: unknown): Kept {
  const [as, first, at] = String(value).split(':')
  if (as === 'out') return { as }
  if (as === 'in' && first) return { as, binder: first }
  if (as === 'ended') return { as, reason: readReason(first), at: Number(at) || 0 }
  return { as: 'nobody' }
}

/** The value that means it. */
export function valueOf(kept: Kept): string {
  return kept.as === 'in' ? `in:${kept.binder}` : kept.as === 'ended' ? `ended:${kept.reason}:${kept.at}` : kept.as
}

/** Why nobody is signed in, as far as this tells. */
export function reasonOf(kept: Kept): EndReason {
  return kept.as === 'ended' ? kept.reason : kept.as === 'out' ? 'user' : 'unknown'
}

/**
 * The binder and the memory of a pending logout share one key. So the first step of a logout is a single write, which no crash can cut in two:
 * before it the person is signed in, after it the binder is gone *and* the server will be told.
 */
export class Store {
  /** For browsers that forbid storage, or whose storage is full: then a session lasts as long as its page. */
  #fallback: Kept = { as: 'nobody' }
  #isFull = false

  constructor(private readonly platform: Platform) {}

  read(): Kept {
    const { local } = this.platform
    return local && !this.#isFull ? readKept(local.getItem(storeKey)) : this.#fallback
  }

  write(kept: Kept): void {
    const { local } = this.platform
    this.#fallback = kept
    this.#isFull = false
    try {
      if (kept.as !== 'nobody') return local?.setItem(storeKey, valueOf(kept))
    } catch {
      this.#isFull = true // it refuses to write: then rather nothing there than a binder that stays
    }
    local?.removeItem(storeKey)
  }
}
