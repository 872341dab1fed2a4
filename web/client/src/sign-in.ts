import { end } from './ended.js'
import { SignedOutError, SignInError, type SignInFailure } from './errors.js'
import { readGrant } from './grant.js'
import { cookieLock, type Kit } from './kit.js'
import { exclusive } from './locks.js'
import { confirmed, endAtServer, isPending, settle } from './pending.js'
import { cookieHeader, detailOf } from './server.js'

/** Who signs in. */
export interface Credentials {
  readonly email: string
  readonly password: string
  /** What to call this device in the list of devices; undefined: what the server makes of the browser. */
  readonly deviceName?: string
}

const patience = 20_000 // milliseconds; hashing a password may queue on a busy server

/**
 * Signs in. Whatever a cookie of an earlier session still holds is ended at the server first: a logout that is pending, a session whose page lost its
 * storage, or the one that is open now. Rejects with SignInError; with SignedOutError when a logout overtook it.
 */
export function signIn(kit: Kit, who: Credentials): Promise<void> {
  return exclusive(kit.platform, cookieLock, undefined, async () => {
    const before = kit.store.read()
    if (before.as === 'in' || before.as === 'out') {
      end(kit, { as: 'out' })
      await kit.forgetting.everywhere()
    }

    const { life } = kit.session
    const { told } = await endAtServer(kit, patience)
    if (told) confirmed(kit)
    else if (isPending(kit)) throw new SignInError('unreachable')

    kit.store.write({ as: 'out' }) // the answer may be lost, and the page with it: then the session that it opened is ended like any other
    const sentAt = kit.platform.now()
    const answer = await kit.server.call('POST', '/api/v1/auth/login', {
      headers: { [cookieHeader]: '1' },
      json: { email: who.email, password: who.password, client_id: kit.options.clientId, device_name: who.deviceName },
      within: patience,
    })
    const grant = answer.status === 200 ? readGrant(answer.body, sentAt) : undefined
    if (!grant?.binder) {
      const failure = failureOf(answer.status)
      if (failure !== 'unreachable') kit.store.write({ as: 'nobody' })
      void settle(kit)
      throw new SignInError(failure, detailOf(answer), answer.retryAfter)
    }

    if (life.aborted) {
      kit.store.write({ as: 'out' }) // the session that has just begun belongs to somebody who has left
      void settle(kit)
      throw new SignedOutError()
    }
    kit.binder = grant.binder
    const kept = { as: 'in', binder: grant.binder } as const
    kit.store.write(kept)
    kit.session.hold(grant)
    kit.tabs.tell(kept, { as: 'out' })
  })
}

function failureOf(status: number): SignInFailure {
  if (status === 401) return 'wrong-credentials'
  if (status === 429) return 'throttled'
  return status >= 400 && status < 500 ? 'refused' : 'unreachable'
}
