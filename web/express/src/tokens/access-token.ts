import { verify } from 'node:crypto'
import { isSessionId } from '../revocations/ids.js'
import type { TokenFacts } from '../revocations/revocation.js'
import { parseObject, text, type Json } from '../strict-json.js'
import { decodeBase64Url, decodeText } from './base64url.js'
import { findKey, type KeySet } from './key-set.js'

const longestToken = 16 * 1024 // characters
const signatureBytes = 64 // R and S, not DER (RFC 7518 §3.4)
const latest = 253_402_300_799 // seconds: the end of the year 9999

/** What tokens must be, for one API. Times in milliseconds. */
export interface TokenRules {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly leeway: number
}

/** A verified access token (RFC 9068 §2.2). Times in seconds since 1970. */
export interface AccessToken {
  readonly issuer: string
  readonly subject: string
  readonly audiences: readonly string[]
  readonly clientId: string
  readonly tokenId: string
  readonly sessionId: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly authTime: number | undefined
  readonly amr: readonly string[]
  readonly roles: readonly string[]
  readonly keyId: string | undefined
}

/** What is to be thought of a token, before asking whether its session has ended. */
export type TokenVerdict =
  { readonly kind: 'valid' | 'expired'; readonly token: AccessToken } | { readonly kind: 'unknown-key' | 'rejected' }

const rejected: TokenVerdict = { kind: 'rejected' }

/** Verifies a token in compact form as RFC 9068 §4 demands: ES256, `at+jwt`, issuer, audience and times. No token, however malformed, makes it throw. */
export function verifyAccessToken(token: string, keys: KeySet, rules: TokenRules, now: number): TokenVerdict {
  if (token.length > longestToken) return rejected
  const parts = token.split('.', 4)
  if (parts.length !== 3 || parts.includes('')) return rejected
  const [head = '', body = '', seal = ''] = parts

  const header = parseObject(decodeText(head) ?? '')
  const signature = decodeBase64Url(seal)
  if (!header || signature?.length !== signatureBytes) return rejected
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return rejected // none is understood (RFC 7515 §4.1.11)
  if (header['alg'] !== 'ES256' || !/^(application\/)?at\+jwt$/i.test(text(header, 'typ') ?? '')) return rejected
  const keyId = text(header, 'kid')
  if (Object.hasOwn(header, 'kid') && !keyId) return rejected

  // What the token brings along to be verified with (jwk, jku, x5u, x5c) is not looked at: who signs it does not choose the key that believes it.
  const key = findKey(keys, keyId)
  if (!key) return { kind: 'unknown-key' }
  const signed = Buffer.from(`${head}.${body}`, 'ascii')
  if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)) return rejected

  const claims = parseObject(decodeText(body) ?? '') // read only now, so that the answers tell a forger nothing
  const access = claims && readClaims(claims, keyId)
  if (!access || access.issuer !== rules.issuer || !access.audiences.some((name) => rules.audiences.includes(name)))
    return rejected
  if (Math.max(seconds(claims, 'nbf') ?? 0, access.issuedAt) * 1000 > now + rules.leeway) return rejected
  return { kind: now - rules.leeway >= access.expiresAt * 1000 ? 'expired' : 'valid', token: access }
}

/** The token as endings see it. */
export function factsOf(token: AccessToken): TokenFacts {
  return {
    issuer: token.issuer,
    subject: token.subject,
    session: token.sessionId,
    ownSession: isSessionId(token.sessionId) ? token.sessionId : undefined,
    tokenId: token.tokenId,
    client: token.clientId,
    keyId: token.keyId,
  }
}

function readClaims(claims: Json, keyId: string | undefined): AccessToken | undefined {
  if (Object.hasOwn(claims, 'events') || Object.hasOwn(claims, 'nonce')) return undefined // those belong to tokens of other kinds
  const [issuer, subject, clientId] = [text(claims, 'iss'), text(claims, 'sub'), text(claims, 'client_id')]
  const [tokenId, sessionId] = [text(claims, 'jti'), text(claims, 'sid')]
  const [issuedAt, expiresAt, authTime] = [seconds(claims, 'iat'), seconds(claims, 'exp'), seconds(claims, 'auth_time')]
  const audiences = typeof claims['aud'] === 'string' ? [claims['aud']] : texts(claims, 'aud')
  const [amr, roles] = [texts(claims, 'amr'), texts(claims, 'roles')]
  if (!issuer || !subject || !clientId || !tokenId || !sessionId || !audiences || !amr || !roles) return undefined
  if (issuedAt === undefined || expiresAt === undefined) return undefined
  if (['nbf', 'auth_time'].some((name) => Object.hasOwn(claims, name) && seconds(claims, name) === undefined))
    return undefined
  return { issuer, subject, audiences, clientId, tokenId, sessionId, issuedAt, expiresAt, authTime, amr, roles, keyId }
}

// RFC 7519 §2 allows fractions.
function seconds(claims: Json, name: string): number | undefined {
  const value = claims[name]
  return typeof value === 'number' && value >= 0 && value <= latest ? value : undefined
}

/** An array of texts; empty when it is missing, undefined when it is anything else. */
function texts(claims: Json, name: string): readonly string[] | undefined {
  if (!Object.hasOwn(claims, name)) return []
  const value = claims[name]
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined
}
