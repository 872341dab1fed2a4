/** The person who is signed in, as the server tells it. */
export interface User {
  readonly id: string
  readonly email?: string
  readonly name?: string
  readonly roles: readonly string[]
}

/** What a sign-in or a refresh gave. The access token is opaque to the browser (RFC 9068 §6): nothing is ever read from it. */
export interface Grant {
  readonly accessToken: string
  /** Milliseconds of the browser's clock. */
  readonly expiresAt: number
  /** Milliseconds of the browser's clock: from here on the kit asks for the next one before it uses this one. */
  readonly staleAt: number
  readonly sessionId: string
  readonly user: User
  /** Only in the answer to a sign-in. */
  readonly binder: string | undefined
}

type Json = Readonly<Record<string, unknown>>

/** An object, or nothing. */
export function asObject(value: unknown): Json | undefined {
  return Object(value) === value ? (value as Json) : undefined
}

/** A string, or nothing. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Reads the answer to a sign-in or a refresh that was sent at `sentAt`; undefined when it is none. */
export function readGrant(body: unknown, sentAt: number): Grant | undefined {
  const answer = asObject(body)
  const user = asObject(answer?.['user'])
  const accessToken = asText(answer?.['access_token'])
  const sessionId = asText(answer?.['session_id'])
  const seconds = answer?.['expires_in']
  const id = asText(user?.['id'])
  if (!accessToken || !sessionId || !id || typeof seconds !== 'number' || !(seconds > 0)) return undefined

  const lifetime = seconds * 1000
  return {
    accessToken,
    // Counted from the sending: the server's count began later, so this is never too long.
    expiresAt: sentAt + lifetime,
    staleAt: sentAt + lifetime - Math.min(30_000, lifetime / 10),
    sessionId,
    user: { roles: [], ...user, id },
    binder: asText(answer?.['binder']),
  }
}
