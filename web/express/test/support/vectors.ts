import { readFileSync } from 'node:fs'
import { isSessionId } from '../../src/revocations/ids.js'
import type { TokenFacts } from '../../src/revocations/revocation.js'

/** The published vectors of the feed, with which every reader of it must agree. */
export const vectors = JSON.parse(
  readFileSync(new URL('../../../../tests/vectors/feed.json', import.meta.url), 'utf8'),
) as {
  revocations: { name: string; data: string; tokens: Claims[] }[]
  unreadable: { name: string; data: string }[]
  snapshot: { part: number; last: boolean; lines: string[]; data: string }
  heartbeat: { newest: string; age_ms: number; data: string }
}

interface Claims {
  refused: boolean
  iss: string
  sub: string
  sid?: string
  jti?: string
  client_id?: string
  kid?: string
  auth_time?: number
}

export function factsOf(claims: Claims): TokenFacts {
  return {
    issuer: claims.iss,
    subject: claims.sub,
    session: claims.sid,
    ownSession: claims.sid !== undefined && isSessionId(claims.sid) ? claims.sid : undefined,
    tokenId: claims.jti,
    client: claims.client_id,
    keyId: claims.kid,
    sessionBegan: claims.auth_time,
  }
}
