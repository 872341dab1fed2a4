import { drop, endedByTab } from './ended.js'
import type { Kit } from './kit.js'
import { settle, settleForAnother } from './pending.js'
import { restore } from './refresh.js'
import type { Kept } from './store.js'
import { watch } from './watch.js'

const recent = 60_000 // milliseconds for which an ending from elsewhere is news to a page that opens

/** This page among the others: what it does when it opens, comes back, is shown again, or hears from another tab. */
export class Presence {
  #stops: (() => void)[] = []
  #watching: AbortController | undefined

  constructor(private readonly kit: Kit) {}

  /** Begins to listen and finds out who is signed in; the answer ends it. */
  begin(): () => void {
    this.#end()
    const { platform, session, tabs } = this.kit
    tabs.open(this.#hear)
    this.#stops = [
      platform.listen('pageshow', (event) => {
        if ((event as PageTransitionEvent).persisted) this.#comeBack()
      }),
      platform.listen('pagehide', () => {
        // A held lock or an open stream would keep the page out of the back-forward cache, and a page in there must not hold the stream for others.
        this.#stopWatching()
        tabs.close()
      }),
      platform.listen('visibilitychange', () => this.#look()),
      session.subscribe(() => this.#watchWhileSignedIn()),
    ]
    this.#findOut()
    return () => this.#end()
  }

  #end(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
    this.#stopWatching()
    this.kit.tabs.close()
  }

  // Everything here up to the first request happens at once: a page never shows a state that the storage already contradicts.
  #findOut(): void {
    const { kit } = this
    const kept = kit.store.read()
    if (kept.as === 'in') {
      kit.session.doubt(false)
      kit.binder = kept.binder
      void restore(kit)
    } else if (kept.as === 'out') {
      drop(kit, kept)
      void kit.forgetting.everywhere().then(() => settle(kit)) // again: the page that began it may have died half-way
    } else if (kept.as === 'ended' && kit.platform.now() - kept.at < recent) {
      drop(kit, kept)
    } else {
      kit.store.write({ as: 'nobody' })
      drop(kit)
    }
  }

  // Back from the back-forward cache the page shows what it showed when it was left: hidden at once, shown again when the server has said yes (NAV-5).
  #comeBack(): void {
    this.kit.tabs.open(this.#hear)
    if (this.kit.store.read().as === 'in') this.#findOut()
    else this.#look()
  }

  // Another tab may have ended the session while this page was frozen and heard nothing.
  #look(): void {
    this.#hear(this.kit.store.read())
  }

  readonly #hear = (news: Kept, before?: string | null): void => {
    const { kit } = this
    const { isOut } = kit.session
    if (news.as === 'out') void settleForAnother(kit)
    if (news.as !== 'in') {
      if (isOut) {
        // News that comes twice finds nothing to end.
        if (news.as === 'nobody') kit.session.settled()
      } else if (before === undefined || before === `in:${kit.binder}`) endedByTab(kit, news)
      else this.#look() // late news, of the end of another session
      return
    }
    const kept = kit.store.read()
    if (kept.as !== 'in' || kept.binder === kit.binder) return
    if (!isOut) drop(kit) // somebody else's page content goes first
    kit.binder = kept.binder
    void kit.forgetting.inThisTab().then(() => this.#findOut())
  }

  #watchWhileSignedIn(): void {
    const signedIn = this.kit.session.state.status === 'signed-in'
    if (!signedIn) return this.#stopWatching()
    if (this.#watching || this.kit.options.watch === false) return
    this.#watching = new AbortController()
    void watch(this.kit, this.#watching.signal)
  }

  #stopWatching(): void {
    this.#watching?.abort()
    this.#watching = undefined
  }
}
