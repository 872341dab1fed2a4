import { readPlace } from '../feed/place.js'
import { instant, integer, parseObject, text, type Json } from '../strict-json.js'
import { isEventId, isSessionId } from './ids.js'
import { isCutOff, type Revocation, type Scope } from './revocation.js'

const longestLine = 8 * 1024
const longestText = 2048
const scopes: ReadonlySet<string> = new Set<Scope>(['token', 'session', 'key', 'user', 'client', 'issuer', 'everyone'])
const reasons: ReadonlySet<string> = new Set([
  'user',
  'other_device',
  'logout_all',
  'admin',
  'policy',
  'idle_timeout',
  'absolute_timeout',
  'session_limit',
  'token_theft',
  'provider',
  'account_disabled',
  'password_changed',
  'everyone',
])

const texts = ['epoch', 'event', 'scope', 'issuer', 'key', 'before_sid', 'except', 'reason']
const numbers = ['seq', 'prev', 'before_iat', 'expires', 'at']

/**
 * Reads one revocation. Reading is strict, because what is misread would be let pass: a member twice, a scope or reason that is not known, or a cut-off without
 * its limit make the whole line unreadable (undefined). Members that are not known are left alone.
 */
export function readRevocation(line: string): Revocation | undefined {
  const json = line.length <= longestLine ? parseObject(line) : undefined
  if (!json || !hasOnlyItsKinds(json)) return undefined

  const scope = text(json, 'scope') as Scope
  const expires = instant(json, 'expires')
  const at = instant(json, 'at')
  const place = readItsPlace(json)
  const beforeSid = text(json, 'before_sid')
  if (!scopes.has(scope) || !reasons.has(text(json, 'reason') ?? '') || !isEventId(text(json, 'event') ?? ''))
    return undefined
  if (expires === undefined || at === undefined || place === null) return undefined
  if (beforeSid !== undefined && !isSessionId(beforeSid)) return undefined

  const revocation: Revocation = {
    scope,
    issuer: text(json, 'issuer') ?? '',
    key: text(json, 'key') ?? '',
    beforeSid,
    beforeSecond: integer(json, 'before_iat'),
    except: text(json, 'except'),
    expires,
    place,
    at,
  }
  return isWhole(revocation) ? revocation : undefined
}

function hasOnlyItsKinds(json: Json): boolean {
  return (
    texts.every((name) => !Object.hasOwn(json, name) || text(json, name) !== undefined) &&
    numbers.every((name) => !Object.hasOwn(json, name) || integer(json, name) !== undefined)
  )
}

// A place is whole or not there. Null: it is neither.
function readItsPlace(json: Json): Revocation['place'] | null {
  const [epoch, seq, prev] = [text(json, 'epoch'), integer(json, 'seq'), integer(json, 'prev')]
  if (epoch === undefined && seq === undefined && prev === undefined) return undefined
  if (epoch === undefined || seq === undefined || prev === undefined) return null
  return seq >= 1 && prev >= 0 && prev < seq && readPlace(`${epoch}:${seq}`) ? { epoch, seq, prev } : null
}

// What covers nothing because a member was lost on the way must not look like something that was taken in.
function isWhole({ scope, issuer, key, beforeSid, beforeSecond, except }: Revocation): boolean {
  if (issuer.length > longestText || key.length > longestText || (except?.length ?? 0) > longestText) return false
  if (isCutOff(scope) !== (beforeSid !== undefined || beforeSecond !== undefined)) return false
  if (except !== undefined && scope !== 'user') return false
  if (scope === 'everyone') return issuer === '' && key === ''
  return issuer !== '' && (scope === 'issuer' ? key === '' : key !== '')
}
