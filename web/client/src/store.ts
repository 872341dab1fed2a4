import type { Platform } from './platform.js'
import { readReason, type EndReason } from './reasons.js'

/** The one key that the kit keeps between pages. */
export const storeKey = 'exeunt.session'

/** What is known between pages. */
export type Kept =
  | { readonly as: 'nobody' }
  /** Somebody is signed in: the binder without which the cookie signs nobody in. */
  | { readonly as: 'in'; readonly binder: string }
  /** Signed out here, and the server has not confirmed it. Nothing else survives a logout. */
  | { readonly as: 'out' }
  /** Ended from elsewhere `at` this time (milliseconds): for the pages that are opened next, so that they can say why. Names nobody, opens nothing. */
  | { readonly as: 'ended'; readonly reason: EndReason; readonly at: number }

const nobody: Kept = { as: 'nobody' }

/** Reads what a value of the key means; anything strange is nobody. */
export function readKept(value: string | null): Kept {
  if (value === 'out') return { as: 'out' }
  if (value?.startsWith('in:')) return { as: 'in', binder: value.slice(3) }
  const [word, reason, at] = value?.split(':') ?? []
  if (word === 'ended') return { as: 'ended', reason: readReason(reason), at: Number(at) || 0 }
  return nobody
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
  /** For browsers that forbid storage: then a session lasts as long as its page. */
  #fallback: string | null = null

  constructor(private readonly platform: Platform) {}

  read(): Kept {
    try {
      const local = this.platform.local
      return readKept(local ? local.getItem(storeKey) : this.#fallback)
    } catch {
      return readKept(this.#fallback)
    }
  }

  write(kept: Kept): void {
    const value = valueOf(kept)
    this.#fallback = value
    try {
      const local = this.platform.local
      if (value === null) local?.removeItem(storeKey)
      else local?.setItem(storeKey, value)
    } catch {
      this.#remove() // a full storage refuses to write: then rather nothing than a binder that stays
    }
  }

  #remove(): void {
    try {
      this.platform.local?.removeItem(storeKey)
    } catch {
      // Storage that can neither be written nor removed was never written by us.
    }
  }
}

function valueOf(kept: Kept): string | null {
  switch (kept.as) {
    case 'in':
      return `in:${kept.binder}`
    case 'out':
      return 'out'
    case 'ended':
      return `ended:${kept.reason}:${kept.at}`
    case 'nobody':
      return null
  }
}
