import { ServerError, SignedOutError } from './errors.js'
import { fetchSignedIn } from './fetch.js'
import { asObject } from './grant.js'
import type { Kit } from './kit.js'

/** One session of the person, named as the API names it. Times are ISO 8601 in UTC. */
export interface Device {
  readonly id: string
  /** Device and browser in words. */
  readonly device: string
  /** Where it was last seen from; absent when the server does not know or no longer keeps it. */
  readonly address?: string
  readonly created_at: string
  readonly last_seen_at: string
  readonly expires_at: string
  /** Whether it is this one. */
  readonly current: boolean
}

/** The person's sessions. Rejects with ServerError, or with SignedOutError when nobody is signed in. */
export async function listDevices(kit: Kit): Promise<readonly Device[]> {
  const devices: Device[] = []
  let next: string | undefined
  do {
    const query = next === undefined ? '' : `?cursor=${encodeURIComponent(next)}`
    const page = asObject(await ask(kit, 'GET', `/api/v1/sessions${query}`))
    const sessions = page?.['sessions']
    if (!Array.isArray(sessions)) throw new ServerError(200, 'The server did not answer with a list of sessions.')
    devices.push(...(sessions as Device[]))
    const cursor = page?.['next']
    next = typeof cursor === 'string' && cursor !== next ? cursor : undefined
  } while (next !== undefined)
  return devices
}

/** Ends one other session of the person, or with `'others'` all but this one. Answers with how many ended. Rejects like `listDevices`. */
export async function endDevices(kit: Kit, which: string): Promise<number> {
  const ended = asObject(await ask(kit, 'DELETE', `/api/v1/sessions/${encodeURIComponent(which)}`))?.['ended']
  return typeof ended === 'number' ? ended : 0
}

async function ask(kit: Kit, method: string, path: string): Promise<unknown> {
  if (kit.session.state.status === 'signed-out') throw new SignedOutError()
  let response: Response
  let body: unknown
  try {
    response = await fetchSignedIn(kit, kit.server.url(path), { method, headers: { Accept: 'application/json' } })
    body = await response.json().catch(() => undefined)
  } catch (failure) {
    throw failure instanceof SignedOutError ? failure : new ServerError(0)
  }
  if (response.ok) return body
  const detail = asObject(body)?.['detail']
  throw new ServerError(response.status, typeof detail === 'string' ? detail : undefined)
}
