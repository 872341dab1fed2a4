import { asObject } from './grant.js'
import type { Channel, Platform } from './platform.js'
import { readReason, type EndReason } from './reasons.js'
import { readKept, reasonOf, storeKey, type Kept } from './store.js'

/** What tabs tell each other. Nothing in it opens anything: a tab that hears of a sign-in asks the server itself. */
export type News = { readonly ended: EndReason; readonly pending: boolean } | { readonly signedIn: true }

/**
 * The other tabs of this origin. BroadcastChannel is the quick way; the `storage` event of the kit's one key says the same where that is missing, so
 * news may arrive twice.
 */
export class Tabs {
  #channel: Channel | undefined
  #unlisten: (() => void) | undefined

  constructor(private readonly platform: Platform) {}

  open(heard: (news: News) => void): void {
    this.close()
    this.#channel = this.platform.channel('exeunt')
    if (this.#channel)
      this.#channel.onmessage = (event) => {
        const news = readNews(event.data)
        if (news) heard(news)
      }
    this.#unlisten = this.platform.listen('storage', (event) => {
      const { key, newValue } = event as StorageEvent
      if (key === storeKey || key === null) heard(newsOf(readKept(key === null ? null : newValue))) // null: everything was cleared
    })
  }

  tell(news: News): void {
    try {
      this.#channel?.postMessage(news)
    } catch {
      // A channel that was closed under us; the storage event still tells them.
    }
  }

  /** An open channel would keep the page out of the back-forward cache, or throw it out there. */
  close(): void {
    this.#channel?.close()
    this.#channel = undefined
    this.#unlisten?.()
    this.#unlisten = undefined
  }
}

function newsOf(kept: Kept): News {
  if (kept.as === 'in') return { signedIn: true }
  return { ended: reasonOf(kept), pending: kept.as === 'out' }
}

function readNews(data: unknown): News | undefined {
  const news = asObject(data)
  if (news?.['signedIn'] === true) return { signedIn: true }
  return news && 'ended' in news ? { ended: readReason(news['ended']), pending: news['pending'] === true } : undefined
}
