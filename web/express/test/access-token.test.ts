import { generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { factsOf, verifyAccessToken } from '../src/tokens/access-token.js'
import { readKeySet, type KeySet } from '../src/tokens/key-set.js'
import { chance } from './support/chance.js'
import { issuer, sessionId } from './support/endings.js'
import { Issuer } from './support/issuer.js'

const now = 1_800_000_000_000
const rules = { issuer, audiences: ['orders', 'exeunt'], leeway: 5000 }
let own: Issuer, keys: KeySet

beforeAll(async () => {
  own = await Issuer.create()
  const set = readKeySet(own.document)
  if (!set) throw new Error('no keys')
  keys = set
})

const judge = (token: string, at = now, by = keys) => verifyAccessToken(token, by, rules, at)

describe('Access tokens made by npm jose', () => {
  test('AT-6 are taken and say whose they are', async () => {
    const verdict = judge(await own.sign(now, { aud: ['x', 'exeunt'], roles: ['admin'], amr: ['pwd'], auth_time: 5 }))
    if (!('token' in verdict)) throw new Error(verdict.kind)

    expect(verdict.kind).toBe('valid')
    expect(verdict.token).toMatchObject({ subject: 'usr_ada', roles: ['admin'], amr: ['pwd'], authTime: 5 })
    expect(factsOf(verdict.token)).toEqual({
      ...{ issuer, subject: 'usr_ada', session: sessionId(1), ownSession: sessionId(1) },
      ...{ tokenId: 'jti-1', client: 'web', keyId: 'kid-1' },
    })
  })

  test.each<[string, JWTPayload, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://evil.example.com' }, {}],
    ['another audience', { aud: 'invoices' }, {}],
    ['no audience', { aud: undefined as never }, {}],
    ['no session', { sid: undefined }, {}],
    ['no id', { jti: undefined as never }, {}],
    ['no expiry', { exp: undefined as never }, {}],
    ['an expiry as text', { exp: '1900000000' as unknown as number }, {}],
    ['a time before it is valid', { nbf: now / 1000 + 6 }, {}],
    ['an issue in the future', { iat: now / 1000 + 6 }, {}],
    ['a nonce, as ID tokens have', { nonce: 'n' }, {}],
    ['events, as logout tokens have', { events: {} }, {}],
    ['roles of another kind', { roles: 'admin' }, {}],
    ['no type', {}, { typ: undefined }],
    ['another type', {}, { typ: 'JWT' }],
    ['an empty key id', {}, { kid: '' }],
    ['an extension', {}, { crit: ['b64'], b64: true }],
  ])('AT-6 with %s are refused', async (_, claims, header) => {
    expect(judge(await own.sign(now, claims, header)).kind).toBe('rejected')
  })

  test('AT-6 of the long type, in whatever case, are taken', async () => {
    expect(judge(await own.sign(now, {}, { typ: 'Application/AT+jwt' })).kind).toBe('valid')
  })

  test('Times are judged with the leeway, and an expired token is still known', async () => {
    const token = await own.sign(now, { nbf: now / 1000 + 5, exp: now / 1000 + 10 })
    expect([now, now + 14_999, now + 15_000].map((at) => judge(token, at).kind)).toEqual(['valid', 'valid', 'expired'])
  })

  test('JOSE-8 only the keys of the issuer count: no other algorithm, no key of the token, no other name', async () => {
    const stranger = await Issuer.create()
    const { privateKey } = await generateKeyPair('RS256')
    const rsa = await new SignJWT({}).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'kid-1' }).sign(privateKey)
    const [head = '', body = '', seal = ''] = (await own.sign(now)).split('.')
    const hmac = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'kid-1' })
      .sign(Buffer.alloc(32))

    for (const token of [
      await stranger.sign(now),
      await stranger.sign(now, {}, { jwk: stranger.jwk }),
      rsa,
      hmac,
      new UnsecuredJWT({}).encode(),
      `${head}.${body}.`,
      `${head}.${body}.${'A'.repeat(86)}`, // r = s = 0
      `${head}.${body}.${seal}=`,
      `${head}.${body}.${seal}.`,
      `${head}. ${body}.${seal}`,
      'x'.repeat(20_000),
      '',
      '..',
    ])
      expect(judge(token).kind, token).toBe('rejected')
    expect(judge(await own.sign(now, {}, { kid: 'kid-2' })).kind).toBe('unknown-key')
  })

  test('20 000 damaged tokens: none passes, none throws', async () => {
    const random = chance(5)
    const token = await own.sign(now)
    for (let round = 0; round < 20_000; round++) {
      const characters = Array.from(token)
      for (let times = 1 + random.below(3); times > 0; times--)
        characters[random.below(characters.length)] = random.is(0.8)
          ? random.pick(Array.from(token))
          : String.fromCharCode(random.below(0x3000))
      const damaged = characters.slice(0, random.is(0.9) ? undefined : random.below(characters.length)).join('')
      if (damaged !== token) expect(judge(damaged).kind).not.toBe('valid')
    }
  })
})

describe('Key sets', () => {
  test.each([
    ['no JSON', '{'],
    ['no keys', '{}'],
    ['keys twice', '{"keys":[],"keys":[]}'],
    ['too many', JSON.stringify({ keys: Array.from({ length: 101 }, () => ({})) })],
  ])('with %s are refused', (_, document) => expect(readKeySet(document)).toBeUndefined())

  test('with one name for two keys are refused', async () => {
    const other = await Issuer.create()
    expect(readKeySet(JSON.stringify({ keys: [own.jwk, other.jwk] }))).toBeUndefined()
  })

  test('Keys of no use are left out', () => {
    const { jwk } = own
    const useless = [
      { ...jwk, d: 'x' },
      { ...jwk, use: 'enc' },
      { ...jwk, alg: 'RS256' },
      { ...jwk, kty: 'RSA' },
      { ...jwk, key_ops: ['sign'] },
      { ...jwk, x: jwk.y }, // not on the curve
      { ...jwk, x: `${jwk.x ?? ''}=` },
      { ...jwk, kid: 7 },
      'key',
    ]
    const set = readKeySet(JSON.stringify({ keys: useless }))
    expect([set?.named.size, set?.nameless.length]).toEqual([0, 0])
  })

  test('A nameless key serves tokens with or without a name while it is the only one', async () => {
    const nameless = { ...own.jwk, kid: undefined }
    const one = readKeySet(JSON.stringify({ keys: [nameless] }))
    const two = readKeySet(JSON.stringify({ keys: [nameless, nameless] }))
    if (!one || !two) throw new Error('unread')
    expect([
      judge(await own.sign(now), now, one).kind,
      judge(await own.sign(now, {}, { kid: undefined }), now, one).kind,
    ]).toEqual(['valid', 'valid'])
    expect(judge(await own.sign(now), now, two).kind).toBe('unknown-key')
  })
})
