import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request as rawRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GuardOptions } from '../src/index.js'
import { Api } from './support/api.js'
import { TestClock } from './support/clock.js'
import { heartbeat, sessionId, snapshot, told } from './support/endings.js'
import { FeedServer } from './support/feed-server.js'
import { Issuer } from './support/issuer.js'

const stream = 'GET /api/v1/revocations/stream'
let clock: TestClock, server: FeedServer, issuer: Issuer, folder: string
const apis: Api[] = []

beforeEach(async () => {
  clock = new TestClock()
  server = await FeedServer.start()
  issuer = await Issuer.create()
  folder = await mkdtemp(join(tmpdir(), 'guard-'))
  server.greeting = [snapshot('e:1'), heartbeat('e:1', clock.now())]
  server.answers.set('/.well-known/jwks.json', (_, response) => response.end(issuer.document))
})

afterEach(async () => {
  for (const api of apis.splice(0)) await api.stop()
  await server.stop()
  await rm(folder, { recursive: true })
})

async function start(options: Partial<GuardOptions> = {}, servers = [server.url]): Promise<Api> {
  const api = await Api.start(clock, servers, options)
  apis.push(api)
  return api
}

async function startFresh(options: Partial<GuardOptions> = {}, servers = [server.url]): Promise<Api> {
  const api = await start(options, servers)
  while (api.guard.age === Infinity) await new Promise(setImmediate)
  return api
}

describe('An Express API behind the guard', () => {
  test('P3 is open before the ending and shut after it, and asks nobody in between', async () => {
    const api = await startFresh()
    const [ada, other] = [
      await issuer.sign(clock.now()),
      await issuer.sign(clock.now(), { sid: sessionId(2), jti: 'jti-2' }),
    ]
    const response = await api.get('/', ada)
    expect([response.status, await response.text()]).toEqual([200, 'usr_ada'])
    const asked = server.asked.length

    server.tell(told('e', 2, 1, sessionId(1)))
    await api.becomes(401, '/', ada)

    expect(await api.status('/', other)).toBe(200)
    expect(server.asked).toHaveLength(asked)
  })

  test('BRR-1 to BRR-7 says what is wrong as RFC 6750 wants it', async () => {
    const api = await startFresh()
    const none = await api.get('/')
    expect([none.status, none.headers.get('WWW-Authenticate'), none.headers.get('Cache-Control')]).toEqual([
      401,
      'Bearer realm="exeunt"',
      'no-store',
    ])
    const expired = await api.get('/', await issuer.sign(clock.now() - 3_600_000))
    expect(expired.headers.get('WWW-Authenticate')).toMatch(
      /^Bearer realm="exeunt", error="invalid_token", error_description="[ -!#-[\]-~]+"$/,
    )
    expect(expired.headers.get('Access-Control-Expose-Headers')).toBe('WWW-Authenticate')
    const malformed = await api.get('/', undefined, { Authorization: 'Bearer a b' })
    expect([malformed.status, malformed.headers.get('WWW-Authenticate')]).toEqual([
      400,
      expect.stringContaining('invalid_request'),
    ])
    expect(await api.status('/', undefined, { Authorization: 'Basic YTpi' })).toBe(401)
    expect(await api.status('/?access_token=' + (await issuer.sign(clock.now())))).toBe(401)
    expect(await api.status('/', undefined, { Authorization: `bearer ${await issuer.sign(clock.now())}` })).toBe(200)
  })

  test('BRR-1 two Authorization headers are one too many', async () => {
    const api = await startFresh()
    const token = `Bearer ${await issuer.sign(clock.now())}`
    const url = (await api.get('/')).url
    const status = await new Promise<number | undefined>((resolve) => {
      rawRequest(
        url,
        { headers: ['Host', 'localhost', 'Authorization', token, 'Authorization', token] },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      ).end()
    })
    expect(status).toBe(400)
  })

  test('An unknown key is looked for once a minute at most, and the keys that are known stay when the server is away', async () => {
    const api = await startFresh()
    expect(await api.status('/', await issuer.sign(clock.now()))).toBe(200)
    const next = await Issuer.create('kid-2')
    clock.advance(59_000)
    expect(await api.status('/', await next.sign(clock.now()))).toBe(401)
    expect(server.times('GET /.well-known/jwks.json')).toBe(1)

    server.answers.set('/.well-known/jwks.json', (_, response) => response.end(next.document))
    clock.advance(1000)
    server.tell(heartbeat('e:1', clock.now()))
    expect(await api.status('/', await next.sign(clock.now()))).toBe(200)
    expect(server.times('GET /.well-known/jwks.json')).toBe(2)
  })

  test('Without keys the answer is 503, and they are asked for again', async () => {
    server.answers.set('/.well-known/jwks.json', (_, response) => response.writeHead(500).end('no'))
    const api = await startFresh()
    const token = await issuer.sign(clock.now())
    expect([await api.status('/', token), await api.status('/', token)]).toEqual([503, 503])
    expect(server.times('GET /.well-known/jwks.json')).toBe(1)

    server.answers.set('/.well-known/jwks.json', (_, response) => response.end(issuer.document))
    clock.advance(5000)
    expect(await api.status('/', token)).toBe(200)
  })

  test('An answer that stays open is cut when its session ends', async () => {
    const api = await startFresh()
    const response = await api.get('/events', await issuer.sign(clock.now()))
    const reader = response.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('open\n')

    server.tell(told('e', 2, 1, sessionId(1)))
    await expect(reader?.read()).rejects.toThrow()
  })

  test('Behind another scheme it goes by what the request says of its session', async () => {
    const api = await startFresh()
    expect([await api.status('/behind'), await api.status('/behind', undefined, { 'X-Session': 's' })]).toEqual([
      200, 200,
    ])
    server.tell(told('e', 2, 1, 's'))
    while ((await api.status('/behind', undefined, { 'X-Session': 's' })) !== 401);
    expect(await api.status('/behind')).toBe(200)
  })
})

describe('P10 A guard that has lost touch', () => {
  const cases: [string, GuardOptions['stale'], number, number, number][] = [
    ['goes on for a minute by default', undefined, 200, 200, 503],
    ['goes on for as long as it is told', { tolerate: 20_000 }, 200, 503, 503],
    ['refuses at once', 'refuse', 503, 503, 503],
    ['asks the server, and refuses when that cannot say', 'ask-server', 503, 503, 503],
  ]
  test.each(cases)('%s', async (_, stale, after16, after60, after61) => {
    const api = await startFresh({ stale })
    const [token, ended] = [await issuer.sign(clock.now()), await issuer.sign(clock.now(), { sid: sessionId(2) })]
    server.tell(told('e', 2, 1, sessionId(2)))
    await api.becomes(401, '/', ended)

    const seen: number[] = []
    for (const step of [15_000, 1000, 44_000, 1000]) {
      clock.advance(step)
      seen.push(await api.status('/', token))
      expect(await api.status('/', ended)).toBe(401) // whatever is tolerated
    }

    expect(seen).toEqual([200, after16, after60, after61])
    const retry = await api.get('/', token)
    expect([retry.headers.get('Retry-After'), retry.headers.get('WWW-Authenticate')]).toEqual(['5', null])
    server.tell(heartbeat('e:2', clock.now()))
    await api.becomes(200, '/', token)
  })

  test('asks about each token, if it is told to, by what the token says and not with the token', async () => {
    const api = await startFresh({ stale: 'ask-server' })
    const [token, ended] = [await issuer.sign(clock.now()), await issuer.sign(clock.now(), { sid: sessionId(2) })]
    let age = 0
    server.answers.set('/api/v1/revocations/check', (_, response, body) => {
      const { session } = JSON.parse(body) as { session: string }
      response.end(JSON.stringify({ revoked: session === sessionId(2), time: clock.now(), as_of: clock.now() - age }))
    })
    clock.advance(16_000)

    expect([await api.status('/', token), await api.status('/', ended)]).toEqual([200, 401])
    age = 15_001 // the server itself does not know
    expect([await api.status('/', token), await api.status('/', ended)]).toEqual([503, 401])
    expect(server.bodies.join()).not.toContain(token)
  })

  test('answers 503 where freshness is demanded, whatever is tolerated elsewhere', async () => {
    const api = await startFresh()
    const token = await issuer.sign(clock.now())
    clock.advance(10_000)
    expect(await api.status('/fresh', token)).toBe(200)
    clock.advance(1)
    expect([await api.status('/fresh', token), await api.status('/', token)]).toEqual([503, 200])
    expect(() => api.guard.requireFresh(5999)).toThrow(RangeError)
  })

  test('was never in touch and is infinitely stale', async () => {
    server.greeting = []
    const api = await start()
    expect([await api.status('/', await issuer.sign(clock.now())), api.guard.age, api.guard.isServing]).toEqual([
      503,
      Infinity,
      false,
    ])
  })

  test('comes back with its last place, acknowledges when asked, and turns to the next address', async () => {
    const second = await FeedServer.start()
    second.greeting = [
      told('e', 2, 1, sessionId(1)),
      heartbeat('e:2', clock.now()),
      { name: 'ack', id: undefined, data: '{"id":"e:2"}' },
    ]
    const api = await startFresh({}, [server.url, second.url])
    const token = await issuer.sign(clock.now())
    expect(await api.status('/', token)).toBe(200)
    await server.stop()

    await second.until(() => second.times('POST /api/v1/revocations/ack') > 0)

    expect(second.asked[0]).toBe(`${stream} e:1`)
    expect(JSON.parse(second.bodies[1] ?? '')).toEqual({ stream: 'stream-1', id: 'e:2' })
    expect(await api.status('/', token)).toBe(401)
    await second.stop()
  })
})

describe('The snapshot file', () => {
  const path = () => join(folder, 'guard')

  async function leaveOneBehind(): Promise<{ ended: string; alive: string }> {
    const api = await startFresh({ snapshotFile: path() })
    const [ended, alive] = [await issuer.sign(clock.now()), await issuer.sign(clock.now(), { sid: sessionId(2) })]
    server.tell(told('e', 2, 1, sessionId(1)), heartbeat('e:2', clock.now()))
    await api.becomes(401, '/', ended)
    await api.guard.stop()
    return { ended, alive }
  }

  test('P10 lets a guard enforce at once, with the age of the save, while the server is away', async () => {
    const { ended, alive } = await leaveOneBehind()
    expect((await stat(path())).mode & 0o777).toBe(0o600)
    await server.stop()
    clock.advance(50_000)

    const api = await start({ snapshotFile: path() }) // keys are in the file, too

    expect([await api.status('/', ended), await api.status('/', alive)]).toEqual([401, 200])
    expect(api.guard.age).toBe(50_000)
    clock.advance(10_001)
    expect([await api.status('/', ended), await api.status('/', alive)]).toEqual([401, 503])
  })

  test('P10 lets a guard resume from its place', async () => {
    await leaveOneBehind()
    server.greeting = [heartbeat('e:2', clock.now())]
    await start({ snapshotFile: path() })
    await server.until(() => server.times(stream) === 2)
    expect(server.asked.filter((one) => one.startsWith(stream))).toEqual([stream, `${stream} e:2`])
  })

  test('A clock that was set back makes it stale', async () => {
    const { ended, alive } = await leaveOneBehind()
    await server.stop()
    clock.advance(-1)
    const api = await start({ snapshotFile: path() })
    expect([await api.status('/', ended), await api.status('/', alive), api.guard.age]).toEqual([401, 503, Infinity])
  })

  test.each([
    ['one bit', (bytes: Buffer) => bytes.fill((bytes[40] ?? 0) ^ 1, 40, 41)],
    ['its end', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['all but its end', (bytes: Buffer) => bytes.subarray(60)],
    ['everything', () => Buffer.alloc(0)],
  ])('P10 that lost %s is noticed and not trusted', async (_, damage) => {
    const { ended } = await leaveOneBehind()
    await server.stop()
    await writeFile(path(), damage(await readFile(path())))
    const api = await start({ snapshotFile: path() })
    expect([await api.status('/', ended), api.guard.revocations]).toEqual([503, 0])
    expect(api.lines.join()).toContain('is not trusted')
  })

  test.each([{ clientSecret: 'exs_other' }, { issuer: 'https://other.example.com' }])(
    'of another guard is not trusted: %j',
    async (other) => {
      await leaveOneBehind()
      await server.stop()
      const api = await start({ snapshotFile: path(), ...other })
      expect([api.guard.age, api.lines.join().includes('is not trusted')]).toEqual([Infinity, true])
    },
  )
})
