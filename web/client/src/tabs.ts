import type { Channel, Platform } from './platform.js'
import { readKept, storeKey, valueOf, type Kept } from './store.js'

/**
 * The other tabs of this origin. BroadcastChannel is the quick way; the `storage` event of the kit's one key says the same where that is missing, so
 * news may arrive twice. Nothing in it opens anything: a tab that hears of a sign-in asks the server itself.
 */
export class Tabs {
  #channel: Channel | undefined
  #unlisten: (() => void) | undefined

  constructor(private readonly platform: Platform) {}

  /** `before`: the value that the news replaced, if it is known. */
  open(heard: (news: Kept, before?: string | null) => void): void {
    this.close()
    this.#channel = this.platform.channel('exeunt')
    if (this.#channel)
      this.#channel.onmessage = ({ data }) => {
        const [value, before] = String(data).split(' ')
        heard(readKept(value), before)
      }
    this.#unlisten = this.platform.listen('storage', (event) => {
      const { key, newValue, oldValue } = event as StorageEvent
      if ((key ?? storeKey) === storeKey) heard(readKept(newValue), oldValue) // null: everything was cleared
    })
  }

  tell(news: Kept, before: Kept): void {
    try {
      this.#channel?.postMessage(`${valueOf(news)} ${valueOf(before)}`)
    } catch {
      // A channel that was closed under us; the storage event still tells them.
    }
  }

  /** An open channel would keep the page out of the back-forward cache, or throw it out there. */
  close(): void {
    this.#channel?.close()
    this.#channel = undefined
    this.#unlisten?.()
  }
}
