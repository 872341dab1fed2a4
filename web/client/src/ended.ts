import type { Kit } from './kit.js'
import type { EndReason } from './reasons.js'
import { reasonOf, type Kept } from './store.js'

/** The server has ended the session. Nothing is left to tell it; the reason stays for the page that comes next. */
export function endedByServer(kit: Kit, reason: EndReason): void {
  const kept = kit.store.read()
  // The server was told by another tab, whose news is still on its way; perhaps somebody else has signed in since.
  if (kept.as !== 'in' || kept.binder !== kit.binder) return endedByTab(kit, kept)
  end(kit, { as: 'ended', reason, at: kit.platform.now() })
  void kit.forgetting.everywhere().finally(() => leave(kit))
}

/** Another tab has ended the session, and clears what all tabs share. */
export function endedByTab(kit: Kit, news: Kept): void {
  // Browsers may show this tab the old value for a moment after the other tab's message: the binder must not outlive that moment here.
  const kept = kit.store.read()
  if (kept.as === 'in' && kept.binder === kit.binder) kit.store.write(news)
  drop(kit, news)
  void kit.forgetting.inThisTab().finally(() => leave(kit))
}

/** Ends the session here and in the other tabs. The write comes first: it takes the binder away and remembers what is still to do, in one step. */
export function end(kit: Kit, kept: Kept): void {
  const before = kit.store.read()
  kit.store.write(kept)
  drop(kit, kept)
  kit.tabs.tell(kept, before)
}

/** Drops this tab's session from memory, and aborts what is in flight for it. Without news there is nothing to say about why. */
export function drop(kit: Kit, news?: Kept): void {
  kit.binder = undefined
  kit.session.end(news && reasonOf(news), news?.as === 'out')
}

/** Goes where the app wants people to be who have left. */
export function leave({ options, platform, session }: Kit): void {
  if (options.afterLogout !== undefined && session.isOut) platform.leave(options.afterLogout)
}
