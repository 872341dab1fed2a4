import { asObject, asText } from './grant.js'
import { cookieLock, type Kit } from './kit.js'
import { exclusive } from './locks.js'
import { soonerIfOnline } from './refresh.js'
import { cookieHeader } from './server.js'

/** What the server said to a logout. */
export interface Told {
  /** Whether the session of the cookie is certainly over at the server. */
  readonly told: boolean
  /** What the server warns of, such as an ending that is journaled but not yet everywhere. */
  readonly warning?: string
}

const patience = 10_000 // milliseconds; nobody waits for it but a sign-in

/** Ends the session that the cookie names. The binder is not needed for it, so it works after everything else has been forgotten. */
export async function endAtServer(kit: Kit, within: number): Promise<Told> {
  const answer = await kit.server.call('POST', '/api/v1/auth/logout', {
    headers: { [cookieHeader]: '1' },
    json: {},
    within,
    keepalive: true, // survives the redirect that usually follows
  })
  const body = asObject(answer.body)
  const warning = asText(body?.['warning']) ?? asText(body?.['audit_warning'])
  // 401: the cookie is gone or names no session, so there is nothing left to end. A 200 that is not ours (a captive portal's page) is no answer.
  return {
    told: (answer.status === 200 && body !== undefined) || answer.status === 401,
    ...(warning !== undefined && { warning }),
  }
}

/**
 * Goes on telling the server of a pending logout until it has heard, or until somebody signs in, which tells it first. Only then is the logout itself
 * forgotten, so a page that dies on the way leaves the rest to the next.
 */
export function settle(kit: Kit): Promise<void> {
  return (kit.settling ??= insist(kit).finally(() => {
    kit.settling = undefined
  }))
}

/** The same for another tab, which is telling the server unless it is gone: later, and in one at a time of those that heard of it. */
export async function settleForAnother(kit: Kit): Promise<void> {
  await soonerIfOnline(kit, 2)
  await exclusive(kit.platform, 'exeunt.settle', undefined, () => settle(kit))
}

/** The server has heard of the logout: it need not be remembered any more. */
export function confirmed(kit: Kit): void {
  if (isPending(kit)) kit.store.write({ as: 'nobody' })
  kit.session.settled()
}

/** Whether the server has yet to hear of a logout. */
export function isPending(kit: Kit): boolean {
  return kit.store.read().as === 'out'
}

async function insist(kit: Kit): Promise<void> {
  const tell = async () => {
    if (isPending(kit) && (await endAtServer(kit, patience)).told) confirmed(kit)
  }
  for (let attempt = 0; isPending(kit); attempt++) {
    await exclusive(kit.platform, cookieLock, undefined, tell)
    if (isPending(kit)) await soonerIfOnline(kit, attempt)
  }
  kit.session.settled() // also when another tab was the one that told it
}
