import { ServerError, SignedOutError } from './errors.js'
import { fetchSignedIn } from './fetch.js'
import { asObject, asText } from './grant.js'
import type { Kit } from './kit.js'

/** One session of the person, named as the API names it. Times are ISO 8601 in UTC. */
export interface Device {
  readonly id: string
  /** Device and browser in words. */
  readonly device: string
  /** The network address that it was opened from; absent when the server no longer keeps it. */
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
    const page = await ask(kit, 'GET', `/api/v1/sessions${query}`)
    const sessions = page?.['sessions']
    if (!Array.isArray(sessions)) throw new ServerError(200)
    devices.push(...(sessions as Device[]))
    next = asText(page?.['next'])
  } while (next !== undefined)
  return devices
}

/** Ends one other session of the person, or with `'others'` all but this one. Answers with how many ended. Rejects like `listDevices`. */
export async function endDevices(kit: Kit, which: string): Promise<number> {
  const ended = (await ask(kit, 'DELETE', `/api/v1/sessions/${encodeURIComponent(which)}`))?.['ended']
  return typeof ended === 'number' ? ended : 0
}

async function ask(kit: Kit, method: string, path: string): Promise<ReturnType<typeof asObject>> {
  if (kit.session.isOut) throw new SignedOutError()
  const response = await fetchSignedIn(kit, kit.server.url(path), { method }).catch((failure: unknown) => {
    throw failure instanceof SignedOutError ? failure : new ServerError(0)
  })
  const body = asObject(await response.json().catch(() => undefined))
  if (!response.ok) throw new ServerError(response.status, asText(body?.['detail']))
  return body
}
