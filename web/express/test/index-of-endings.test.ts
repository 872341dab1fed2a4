import { describe, expect, test } from 'vitest'
import { IndexOfEndings } from '../src/revocations/index-of-endings.js'
import { covers, isCutOff, type Ending, type Scope, type TokenFacts } from '../src/revocations/revocation.js'
import { chance } from './support/chance.js'
import { issuer, sessionId } from './support/endings.js'

const scopes: readonly Scope[] = ['token', 'session', 'key', 'user', 'client', 'issuer', 'everyone']
const issuers = [issuer, 'https://clerk.example.com']

function randomEnding({ pick, below, is }: ReturnType<typeof chance>): Ending {
  const scope = pick(scopes)
  const keys = { token: 'jti-', session: '', key: 'kid-', user: 'usr-', client: 'app-', issuer: '', everyone: '' }
  const hasKey = scope !== 'issuer' && scope !== 'everyone'
  const second = is(0.8) ? 1000 + below(30) : undefined
  return {
    scope,
    issuer: scope === 'everyone' ? '' : pick(issuers),
    key: !hasKey ? '' : scope === 'session' ? sessionId(below(30)) : `${keys[scope]}${below(6)}`,
    ...(isCutOff(scope) && {
      beforeSecond: second,
      beforeSid: second === undefined || is(0.8) ? sessionId(below(30)) : undefined,
    }),
    ...(scope === 'user' && is(0.5) && { except: sessionId(below(30)) }),
    expires: 100 + below(50),
  }
}

function randomToken({ pick, below, is }: ReturnType<typeof chance>): TokenFacts {
  const [at, session] = [pick(issuers), sessionId(below(30))]
  return {
    issuer: at,
    subject: `usr-${below(6)}`,
    session: is(0.9) ? session : undefined,
    ownSession: at === issuer ? session : undefined,
    tokenId: is(0.8) ? `jti-${below(6)}` : undefined,
    client: is(0.8) ? `app-${below(6)}` : undefined,
    keyId: is(0.8) ? `kid-${below(6)}` : undefined,
    sessionBegan: is(0.8) ? 1000 + below(30) : undefined,
  }
}

describe('The index', () => {
  test.each(Array.from({ length: 200 }, (_, seed) => seed))(
    'P3 decides as the one rule does over all endings (seed %i)',
    async (seed) => {
      const random = chance(seed)
      const endings = Array.from({ length: 1 + random.below(25) }, () => randomEnding(random))
      const index = new IndexOfEndings()
      for (const ending of endings) index.apply(ending)
      const agrees = (alive: readonly Ending[]) => {
        for (let i = 0; i < 100; i++) {
          const token = randomToken(random)
          expect(index.isRevoked(token), JSON.stringify({ token, alive })).toBe(alive.some((one) => covers(one, token)))
        }
      }

      agrees(endings)
      await index.removeExpired(125)
      agrees(endings.filter(({ expires }) => expires > 125))
      expect(index.count).toBe([...index.all()].length)
      await index.removeExpired(1000)
      expect([index.count, [...index.all()]]).toEqual([0, []])
    },
  )

  test('What it holds makes the same index again', () => {
    const random = chance(7)
    const [index, copy] = [new IndexOfEndings(), new IndexOfEndings()]
    for (let i = 0; i < 200; i++) index.apply(randomEnding(random))
    for (const ending of index.all()) copy.apply(ending)

    expect(copy.count).toBe(index.count)
    for (let i = 0; i < 2000; i++) {
      const token = randomToken(random)
      expect(copy.isRevoked(token)).toBe(index.isRevoked(token))
    }
  })

  test('However often a user ends all sessions but one, two entries are kept', () => {
    const index = new IndexOfEndings()
    for (let i = 0; i < 1000; i++)
      index.apply({ scope: 'user', issuer, key: 'ada', beforeSid: sessionId(i), except: sessionId(i % 7), expires: i })

    expect(index.count).toBeLessThanOrEqual(2)
  })

  test('An ending that comes again keeps the later of its times', async () => {
    const index = new IndexOfEndings()
    for (const expires of [50, 90, 60]) index.apply({ scope: 'session', issuer, key: 's', expires })

    await index.removeExpired(89)
    expect([index.count, index.isRevoked({ issuer, subject: 'ada', session: 's' })]).toEqual([1, true])
    await index.removeExpired(90)
    expect([index.count, index.isRevoked({ issuer, subject: 'ada', session: 's' })]).toEqual([0, false])
  })

  test('Names of members that every object has are keys like others', () => {
    const index = new IndexOfEndings()
    index.apply({ scope: 'session', issuer: '__proto__', key: 'constructor', expires: 1 })

    expect(index.isRevoked({ issuer, subject: 'toString', session: 'constructor' })).toBe(false)
    expect(index.isRevoked({ issuer: '__proto__', subject: 'x', session: 'constructor' })).toBe(true)
    expect(index.isRevoked({ issuer: '__proto__', subject: 'x', session: 'hasOwnProperty' })).toBe(false)
  })
})
