import { endedByServer } from './ended.js'
import { readEvents } from './events.js'
import { currentGrant } from './fetch.js'
import { asObject } from './grant.js'
import type { Kit } from './kit.js'
import { exclusive } from './locks.js'
import { backoff } from './pause.js'
import { readReason, type EndReason } from './reasons.js'
import { refresh } from './refresh.js'
import { parseJson } from './server.js'

/**
 * Listens for the session's end elsewhere, until the signal aborts. One tab holds the stream, chosen by lock, and tells the others what it hears: six
 * tabs with a stream each would use up the browser's connections to the server. A server without such a stream is left in peace.
 */
export async function watch(kit: Kit, signal: AbortSignal): Promise<void> {
  await exclusive(kit.platform, 'exeunt.watch', signal, async () => {
    for (let attempt = 0; !signal.aborted; attempt++) {
      const heard = await follow(kit, signal)
      if (signal.aborted || heard.isAbsent) return
      if (heard.ended) {
        endedByServer(kit, heard.ended)
        return
      }
      if (heard.wasOpen) attempt = 0
      await backoff(kit.platform, attempt, signal)
    }
  }).catch(() => undefined) // the session ended before this tab's turn came
}

interface Heard {
  /** Why the session has ended, if it has. */
  readonly ended?: EndReason
  /** The server has no stream for us. */
  readonly isAbsent?: boolean
  readonly wasOpen?: boolean
}

async function follow(kit: Kit, signal: AbortSignal): Promise<Heard> {
  const grant = await currentGrant(kit)
  if (!grant || signal.aborted) return {}
  let wasOpen = false
  try {
    const response = await kit.platform.fetch(kit.server.url('/api/v1/sessions/current/events'), {
      headers: { Accept: 'text/event-stream', Authorization: `Bearer ${grant.accessToken}` },
      credentials: 'omit',
      signal,
    })
    if (response.status === 401 && kit.session.grant === grant) await refresh(kit) // which finds out whether the session is over
    if ([204, 404, 405, 501].includes(response.status)) return { isAbsent: true }
    if (!response.ok || !response.body) return {}

    wasOpen = true
    for await (const { event, data } of readEvents(response.body)) {
      if (event === 'ended') return { ended: readReason(asObject(parseJson(data))?.['reason']) }
      void currentGrant(kit) // a heartbeat: a token that is renewed in time prolongs the stream, so that there is no moment without one
    }
  } catch {
    // The connection broke, or the session ended here; the loop looks which.
  }
  return { wasOpen }
}
