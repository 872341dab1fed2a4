import type { Kit } from './kit.js'
import type { EndReason } from './reasons.js'

/** The server has ended the session. Nothing is left to tell it; the reason stays for the page that comes next. */
export function endedByServer(kit: Kit, reason: EndReason): void {
  kit.store.write({ as: 'ended', reason, at: kit.platform.now() })
  drop(kit, reason, false)
  kit.tabs.tell({ ended: reason, pending: false })
  void kit.forgetting.everywhere().finally(() => leave(kit))
}

/** Another tab has ended the session, and clears what all tabs share. */
export function endedByTab(kit: Kit, reason: EndReason, pending: boolean): void {
  // Browsers may show this tab the old value for a moment after the other tab's message: the binder must not outlive that moment here.
  const kept = kit.store.read()
  if (kept.as === 'in' && kept.binder === kit.binder)
    kit.store.write(pending ? { as: 'out' } : { as: 'ended', reason, at: kit.platform.now() })
  drop(kit, reason, pending)
  void kit.forgetting.inThisTab().finally(() => leave(kit))
}

/** Drops this tab's session from memory, and aborts what is in flight for it. */
export function drop(kit: Kit, reason: EndReason | undefined, pending: boolean): void {
  kit.binder = undefined
  kit.session.end(reason, pending)
}

/** Goes where the app wants people to be who have left. */
export function leave(kit: Kit): void {
  const { afterLogout } = kit.options
  if (afterLogout !== undefined && kit.session.state.status === 'signed-out')
    kit.platform.leave(new URL(afterLogout, kit.platform.href).href)
}
