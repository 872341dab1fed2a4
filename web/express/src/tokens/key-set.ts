import { createPublicKey, type KeyObject } from 'node:crypto'
import { isObject, parseObject, text, type Json } from '../strict-json.js'
import { decodeBase64Url } from './base64url.js'

const mostKeys = 100
const longestKeyId = 256 // characters

/** The keys of one issuer that verify ES256. */
export interface KeySet {
  /** The document as it was received. */
  readonly document: string
  readonly named: ReadonlyMap<string, KeyObject>
  /** Keys without a name. */
  readonly nameless: readonly KeyObject[]
}

/**
 * Reads a published set (RFC 7517 §5). Keys of another kind, for another use, or unsafe ones are left out; what makes the whole set doubtful refuses it
 * (undefined): malformed JSON, a member or a `kid` given twice, too many keys.
 */
export function readKeySet(document: string): KeySet | undefined {
  const keys = parseObject(document)?.['keys']
  if (!Array.isArray(keys) || keys.length > mostKeys) return undefined
  const named = new Map<string, KeyObject>()
  const nameless: KeyObject[] = []
  for (const jwk of keys as unknown[]) {
    const key = isObject(jwk) ? readKey(jwk) : undefined
    if (!key || !isObject(jwk)) continue
    const keyId = text(jwk, 'kid')
    if (keyId === undefined) nameless.push(key)
    else if (named.has(keyId)) return undefined
    else named.set(keyId, key)
  }

  return { document, named, nameless }
}

/** The key that a token means: the one of its `kid`, or else the only one that has no name. A token without `kid` means the only key there is. */
export function findKey({ named, nameless }: KeySet, keyId: string | undefined): KeyObject | undefined {
  if (keyId !== undefined && named.has(keyId)) return named.get(keyId)
  const fitting = keyId === undefined ? [...named.values(), ...nameless] : nameless
  return fitting.length === 1 ? fitting[0] : undefined
}

function readKey(jwk: Json): KeyObject | undefined {
  const own = (name: string) => Object.hasOwn(jwk, name)
  if (own('d') || own('k')) return undefined // published with its private part
  if (text(jwk, 'kty') !== 'EC' || text(jwk, 'crv') !== 'P-256') return undefined
  if ((own('alg') && jwk['alg'] !== 'ES256') || (own('use') && jwk['use'] !== 'sig')) return undefined
  if (own('key_ops') && !(Array.isArray(jwk['key_ops']) && jwk['key_ops'].includes('verify'))) return undefined
  const keyId = text(jwk, 'kid')
  if (own('kid') && (!keyId || keyId.length > longestKeyId)) return undefined

  const [x, y] = [text(jwk, 'x') ?? '', text(jwk, 'y') ?? '']
  if (decodeBase64Url(x)?.length !== 32 || decodeBase64Url(y)?.length !== 32) return undefined
  try {
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  } catch {
    return undefined // not a point on the curve
  }
}
