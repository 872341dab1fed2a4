import { end, leave } from './ended.js'
import { asObject, type Grant } from './grant.js'
import { cookieLock, type Kit } from './kit.js'
import { exclusiveSoon } from './locks.js'
import { confirmed, endAtServer, settle, type Told } from './pending.js'
import { askForGrant } from './refresh.js'

/** How a logout went, as the browser knows it. It never says more than was seen. */
export interface LogoutResult {
  /** `confirmed`: the server has ended the session. `pending`: this device is clean, and the server will be told before anybody signs in here again. */
  readonly server: 'confirmed' | 'pending'
  /**
   * For a logout on all devices: how many sessions the server ended; undefined when it did not confirm it. Then only this device is signed out: without
   * a session nobody can end the others later, so the person must sign in again and repeat it.
   */
  readonly endedSessions?: number
  /** What the server warns of; undefined when all is well. */
  readonly warning?: string
  /** What could not be cleared, as `IndexedDB: orders`. Empty when all is well. */
  readonly survived: readonly string[]
}

/**
 * Signs out: this page first, then the other tabs, then the server (NAV-7). Never rejects, and never waits longer for the server than `logoutTimeout`.
 * `everywhere` ends all sessions of the person.
 */
export async function logout(kit: Kit, everywhere: boolean): Promise<LogoutResult> {
  const { grant } = kit.session
  const kept = kit.store.read()
  const binder = kept.as === 'in' ? kept.binder : undefined

  end(kit, { as: 'out' }) // from here on nothing signs anybody in

  const asked = tellServer(kit, everywhere, grant, binder)
  const survived = await kit.forgetting.everywhere() // while the server is being told
  const { told, ...rest } = await asked

  if (told) confirmed(kit)
  else void settle(kit)
  leave(kit)
  return { server: told ? 'confirmed' : 'pending', ...rest, survived }
}

async function tellServer(
  kit: Kit,
  everywhere: boolean,
  grant: Grant | undefined,
  binder: string | undefined,
): Promise<Told & { endedSessions?: number }> {
  const { platform } = kit
  const deadline = platform.now() + (kit.options.logoutTimeout ?? 1000)
  const left = () => Math.max(0, deadline - platform.now())
  const tell = async () => {
    const endedSessions = everywhere ? await endAll(kit, grant, binder, left) : undefined
    return { ...(await endAtServer(kit, left())), ...(endedSessions !== undefined && { endedSessions }) }
  }
  // The refreshes of all tabs have just been aborted, so the turn comes at once; a tab that hangs must not hold a logout up.
  return exclusiveSoon(platform, cookieLock, 300, tell).catch(() => ({ told: false }))
}

// The contract wants an access token. One that has run out is replaced by one that no session ever sees.
async function endAll(
  kit: Kit,
  grant: Grant | undefined,
  binder: string | undefined,
  left: () => number,
): Promise<number | undefined> {
  const live =
    grant && grant.expiresAt > kit.platform.now()
      ? grant
      : binder !== undefined && (await askForGrant(kit, binder, undefined, left()))
  if (typeof live !== 'object') return undefined
  const answer = await kit.server.call('POST', '/api/v1/auth/logout-all', {
    headers: { Authorization: `Bearer ${live.accessToken}` },
    within: left(),
    keepalive: true,
  })
  const count = asObject(answer.body)?.['revoked_sessions']
  return answer.status === 200 && typeof count === 'number' ? count : undefined
}
