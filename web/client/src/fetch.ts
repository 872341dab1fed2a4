import type { Grant } from './grant.js'
import type { Kit } from './kit.js'
import { refresh } from './refresh.js'

/** A token that is good now, refreshed first when it is about to run out; undefined when nobody is signed in or the server does not answer. */
export async function currentGrant(kit: Kit): Promise<Grant | undefined> {
  const { session, platform } = kit
  if (session.isOut) return undefined
  if (session.grant && platform.now() < session.grant.staleAt) return session.grant
  await refresh(kit)
  return session.grant && platform.now() < session.grant.expiresAt ? session.grant : undefined
}

/**
 * `fetch` with the access token, for the origins that may have it. A 401 is answered with one refresh and one repetition, never more; the second answer
 * is the caller's, whatever it is. Ends with SignedOutError when the session ends while the request is under way.
 */
export async function fetchSignedIn(kit: Kit, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input instanceof Request ? input : new URL(input, kit.platform.href), init)
  if (!mayHaveToken(kit, request.url) || request.headers.has('Authorization')) return kit.platform.fetch(request)

  const { life } = kit.session
  const grant = await currentGrant(kit)
  if (!grant) return kit.platform.fetch(life.aborted ? ended(request, life) : request)

  const again = request.clone() // a body can be read only once
  const answer = await send(kit, request, grant, life)
  if (answer.status !== 401 || life.aborted) return answer

  // Another request may have refreshed meanwhile; then this one needs no refresh of its own.
  if (kit.session.grant === grant && !(await refresh(kit))) return answer
  const next = kit.session.grant
  if (!next || life.aborted) return answer
  await answer.body?.cancel()
  return send(kit, again, next, life)
}

function send(kit: Kit, request: Request, grant: Grant, life: AbortSignal): Promise<Response> {
  const headers = new Headers(request.headers)
  headers.set('Authorization', `Bearer ${grant.accessToken}`)
  return kit.platform.fetch(ended(new Request(request, { headers }), life))
}

// The same request, aborted also when the session ends.
function ended(request: Request, life: AbortSignal): Request {
  return new Request(request, { signal: AbortSignal.any([request.signal, life]) })
}

// The token is for our own servers: sent anywhere else it would be theirs.
function mayHaveToken(kit: Kit, url: string): boolean {
  const { origin } = new URL(url)
  const { href } = kit.platform
  return [href, kit.server.url('/'), ...(kit.options.apis ?? [])].some((ours) => new URL(ours, href).origin === origin)
}
