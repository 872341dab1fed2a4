import { endedByServer, endedByTab } from './ended.js'
import { readGrant, type Grant } from './grant.js'
import { cookieLock, type Kit } from './kit.js'
import { exclusive } from './locks.js'
import { backoff } from './pause.js'
import { cookieHeader } from './server.js'

/**
 * Gets a fresh access token; whoever asks meanwhile gets the same answer. True when there is one. False when the session turned out to be over, which
 * is then already dealt with, or when the server did not answer, which ends nothing.
 */
export function refresh(kit: Kit): Promise<boolean> {
  const { life } = kit.session
  const running = kit.refreshing.get(life) // the refresh of a session that has ended is nobody else's
  if (running) return running
  const started = turn(kit, life).finally(() => kit.refreshing.delete(life))
  kit.refreshing.set(life, started)
  return started
}

/** Whether somebody is signed in, asked until the server answers or the session ends otherwise. */
export async function restore(kit: Kit): Promise<void> {
  const { life } = kit.session
  for (let attempt = 0; !(await refresh(kit)) && !life.aborted; attempt++) {
    kit.session.doubt(true)
    await soonerIfOnline(kit, attempt, life)
    if (life.aborted) return
  }
}

/** Waits before the next try, but not longer than until the browser says that it is online again. */
export async function soonerIfOnline(kit: Kit, attempt: number, signal?: AbortSignal): Promise<void> {
  const wake = new AbortController()
  const unlisten = kit.platform.listen('online', () => wake.abort())
  await backoff(kit.platform, attempt, AbortSignal.any([wake.signal, signal ?? wake.signal]))
  unlisten()
}

/** Asks for a token by cookie and binder: the grant, `'ended'` when the server refuses, undefined when it did not answer. */
export async function askForGrant(
  kit: Kit,
  binder: string,
  signal?: AbortSignal,
  within = Infinity,
): Promise<Grant | 'ended' | undefined> {
  const sentAt = kit.platform.now()
  const answer = await kit.server.call('POST', '/api/v1/auth/refresh', {
    headers: { [cookieHeader]: binder },
    json: {},
    // A later answer could overwrite a newer cookie and look like theft.
    within: Math.min(within, 0.8 * (kit.options.rotationWindow ?? 30_000)),
    signal,
  })
  if (answer.status === 401) return 'ended'
  return answer.status === 200 ? readGrant(answer.body, sentAt) : undefined
}

async function turn(kit: Kit, life: AbortSignal): Promise<boolean> {
  try {
    return await exclusive(kit.platform, cookieLock, life, async () => {
      if (life.aborted) return false
      const kept = kit.store.read()
      if (kept.as === 'in') kit.binder ??= kept.binder // a request may come before `start`
      if (kept.as !== 'in' || kept.binder !== kit.binder) {
        // Another tab ended it while this one waited for its turn, and perhaps somebody else has signed in since.
        endedByTab(kit, kept)
        return false
      }

      const grant = await askForGrant(kit, kept.binder, life)
      const now = kit.store.read()
      // A late answer resurrects nothing: neither when this tab has ended the session meanwhile, nor when another one has.
      if (life.aborted || now.as !== 'in' || now.binder !== kept.binder) return false
      if (grant === 'ended') endedByServer(kit, 'unknown')
      else if (grant) kit.session.hold(grant)
      return typeof grant === 'object'
    })
  } catch {
    return false // the session ended before this tab's turn came
  }
}
