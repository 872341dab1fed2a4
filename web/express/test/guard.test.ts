import { once } from 'node:events'
import { createServer, IncomingMessage, request as rawRequest } from 'node:http'
import { Socket, type AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import type { GuardOptions } from '../src/index.js'
import { heartbeat, line, sessionId, told } from './support/endings.js'
import { FeedServer } from './support/feed-server.js'
import { Issuer } from './support/issuer.js'
import { useWorld } from './support/world.js'

const stream = 'GET /api/v1/revocations/stream'
const world = useWorld()

describe('An Express API behind the guard', () => {
  test('P3 is open before the ending and shut after it, and asks nobody in between', async () => {
    const api = await world.startFresh()
    const [ada, other] = [
      await world.issuer.sign(world.clock.now()),
      await world.issuer.sign(world.clock.now(), { sid: sessionId(2), jti: 'jti-2' }),
    ]
    const response = await api.get('/', ada)
    expect([response.status, await response.text()]).toEqual([200, 'usr_ada'])
    const asked = world.server.asked.length

    world.server.tell(told('e', 2, 1, sessionId(1)))
    await api.becomes(401, '/', ada)

    expect(await api.status('/', other)).toBe(200)
    expect(world.server.asked).toHaveLength(asked)
  })

  test('BRR-1 to BRR-7 says what is wrong as RFC 6750 wants it', async () => {
    const api = await world.startFresh()
    const none = await api.get('/')
    expect([none.status, none.headers.get('WWW-Authenticate'), none.headers.get('Cache-Control')]).toEqual([
      401,
      'Bearer realm="exeunt"',
      'no-store',
    ])
    const expired = await api.get('/', await world.issuer.sign(world.clock.now() - 3_600_000))
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
    expect(await api.status('/?access_token=' + (await world.issuer.sign(world.clock.now())))).toBe(401)
    expect(
      await api.status('/', undefined, { Authorization: `bearer ${await world.issuer.sign(world.clock.now())}` }),
    ).toBe(200)
  })

  test('BRR-1 two Authorization headers are one too many', async () => {
    const api = await world.startFresh()
    const token = `Bearer ${await world.issuer.sign(world.clock.now())}`
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
    const api = await world.startFresh()
    expect(await api.status('/', await world.issuer.sign(world.clock.now()))).toBe(200)
    const next = await Issuer.create('kid-2')
    world.clock.advance(59_000)
    expect(await api.status('/', await next.sign(world.clock.now()))).toBe(401)
    expect(world.server.times('GET /.well-known/jwks.json')).toBe(1)

    world.server.answers.set('/.well-known/jwks.json', (_, response) => response.end(next.document))
    world.clock.advance(1000)
    world.server.tell(heartbeat('e:1', world.clock.now()))
    expect(await api.status('/', await next.sign(world.clock.now()))).toBe(200)
    expect(world.server.times('GET /.well-known/jwks.json')).toBe(2)
  })

  test('Without keys the answer is 503, and they are asked for again', async () => {
    world.server.answers.set('/.well-known/jwks.json', (_, response) => response.writeHead(500).end('no'))
    const api = await world.startFresh()
    const token = await world.issuer.sign(world.clock.now())
    expect([await api.status('/', token), await api.status('/', token)]).toEqual([503, 503])
    expect(world.server.times('GET /.well-known/jwks.json')).toBe(1)

    world.server.answers.set('/.well-known/jwks.json', (_, response) => response.end(world.issuer.document))
    world.clock.advance(5000)
    expect(await api.status('/', token)).toBe(200)
  })

  test('A token is verified again after five minutes, so that a key that is withdrawn stops counting', async () => {
    const api = await world.startFresh()
    const token = await world.issuer.sign(world.clock.now())
    expect(await api.status('/', token)).toBe(200)
    const next = await Issuer.create('kid-2')
    world.server.answers.set('/.well-known/jwks.json', (_, response) => response.end(next.document))
    world.clock.advance(299_000)
    world.server.tell(heartbeat('e:1', world.clock.now()))
    await api.becomes(200, '/', await next.sign(world.clock.now()))
    expect(await api.status('/', token)).toBe(200)

    world.clock.advance(1000)
    expect(await api.status('/', token)).toBe(401)
  })

  test('P10 who cannot be judged is refused, and not handed on', async () => {
    const { guard, lines } = await world.startFresh()
    let isHandedOn = false
    const server = createServer((request, response) => {
      Object.defineProperty(request, 'rawHeaders', {
        get: () => {
          throw new TypeError('broken')
        },
      })
      guard.protect()(request, response, () => {
        isHandedOn = true
        response.end()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')

    const { status } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)

    expect([status, isHandedOn]).toEqual([503, false])
    expect(lines.at(-1)).toContain('could not be judged: TypeError: broken')
    server.closeAllConnections()
    server.close()
  })

  test('P10 whoever is refused after an answer has begun hears no more of it, and the API lives on', async () => {
    const { guard } = await world.startFresh()
    const cut = new Map<string | undefined, boolean>()
    const server = createServer((request, response) => {
      response.writeHead(200).write('some')
      if (request.url === '/whole') response.end()
      const destroy = vi.spyOn(response, 'destroy')
      response.once('close', () => cut.set(request.url, destroy.mock.calls.length > 0))
      guard.protect()(request, response, () => response.end(' and the rest'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

    const part = await fetch(`${url}/part`)
    await expect(part.text()).rejects.toThrow()
    const whole = await fetch(`${url}/whole`)
    expect(await whole.text()).toBe('some')
    await vi.waitFor(() =>
      expect([...cut]).toEqual([
        ['/part', true],
        ['/whole', false],
      ]),
    )
    server.closeAllConnections()
    server.close()
  })

  test('P10 whoever comes next and throws leaves one request unanswered, and the API lives on', async () => {
    const { guard, lines } = await world.startFresh()
    const server = createServer((request, response) => {
      const fail = (): never => {
        throw new RangeError('of the app')
      }
      if (request.url === '/facts') guard.behind(fail)(request, response, () => response.end('passed'))
      else guard.behind(() => undefined)(request, response, fail)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

    await expect(fetch(`${url}/next`)).rejects.toThrow()
    expect(lines.at(-1)).toContain('not answered: RangeError: of the app')
    expect((await fetch(`${url}/facts`)).status).toBe(503)
    expect(lines.at(-1)).toContain('could not be judged: RangeError: of the app')
    server.closeAllConnections()
    server.close()
  })

  test('One that cannot be cut keeps no other one open', async () => {
    const { guard, lines } = await world.startFresh()
    const request = new IncomingMessage(new Socket())
    request.rawHeaders.push('Authorization', `Bearer ${await world.issuer.sign(world.clock.now())}`)
    const token = await guard.authenticate(request)
    if ('status' in token) throw new Error(token.detail)
    guard.watch(token, () => {
      throw new TypeError('closed already')
    })
    const isCut = new Promise<void>((resolve) => guard.watch(token, resolve))

    world.server.tell(told('e', 2, 1, sessionId(1)))

    await isCut
    expect(lines).toContainEqual(expect.stringContaining('TypeError: closed already'))
  })

  test('An answer that stays open is cut when its session ends', async () => {
    const api = await world.startFresh()
    const response = await api.get('/events', await world.issuer.sign(world.clock.now()))
    const reader = response.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('open\n')

    world.server.tell(told('e', 2, 1, sessionId(1)))
    await expect(reader?.read()).rejects.toThrow()
  })

  test('Behind another scheme it goes by what the request says of its session', async () => {
    const api = await world.startFresh()
    expect([await api.status('/behind'), await api.status('/behind', undefined, { 'X-Session': 's' })]).toEqual([
      200, 200,
    ])
    world.server.tell(told('e', 2, 1, 's'))
    while ((await api.status('/behind', undefined, { 'X-Session': 's' })) !== 401);
    expect(await api.status('/behind')).toBe(200)
    const everyone = { scope: 'everyone', issuer: undefined, before_sid: sessionId(5), before_iat: 1 }
    world.server.tell({ name: 'revocation', id: undefined, data: line(everyone) })
    while ((await api.status('/behind', undefined, { 'X-Session': sessionId(5) })) !== 401);
    expect(await api.status('/behind', undefined, { 'X-Session': sessionId(6) })).toBe(200)
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
    const api = await world.startFresh({ stale })
    const [token, ended] = [
      await world.issuer.sign(world.clock.now()),
      await world.issuer.sign(world.clock.now(), { sid: sessionId(2) }),
    ]
    world.server.tell(told('e', 2, 1, sessionId(2)))
    await api.becomes(401, '/', ended)

    const seen: number[] = []
    for (const step of [15_000, 1000, 44_000, 1000]) {
      world.clock.advance(step)
      seen.push(await api.status('/', token))
      expect(await api.status('/', ended)).toBe(401) // whatever is tolerated
    }

    expect(seen).toEqual([200, after16, after60, after61])
    const retry = await api.get('/', token)
    expect([retry.headers.get('Retry-After'), retry.headers.get('WWW-Authenticate')]).toEqual(['5', null])
    world.server.tell(heartbeat('e:2', world.clock.now()))
    await api.becomes(200, '/', token)
  })

  test('asks about each token, if it is told to, by what the token says and not with the token', async () => {
    const api = await world.startFresh({ stale: 'ask-server' })
    const [token, ended] = [
      await world.issuer.sign(world.clock.now()),
      await world.issuer.sign(world.clock.now(), { sid: sessionId(2) }),
    ]
    let age = 0
    world.server.answers.set('/api/v1/revocations/check', (_, response, body) => {
      const { session } = JSON.parse(body) as { session: string }
      response.end(
        JSON.stringify({ revoked: session === sessionId(2), time: world.clock.now(), as_of: world.clock.now() - age }),
      )
    })
    world.clock.advance(16_000)

    expect([await api.status('/', token), await api.status('/', ended)]).toEqual([200, 401])
    age = 15_001 // the server itself does not know
    expect([await api.status('/', token), await api.status('/', ended)]).toEqual([503, 401])
    expect(world.server.bodies.join()).not.toContain(token)
  })

  test('answers 503 where freshness is demanded, whatever is tolerated elsewhere', async () => {
    const api = await world.startFresh()
    const token = await world.issuer.sign(world.clock.now())
    world.clock.advance(10_000)
    expect(await api.status('/fresh', token)).toBe(200)
    world.clock.advance(1)
    expect([await api.status('/fresh', token), await api.status('/', token)]).toEqual([503, 200])
    expect(() => api.guard.requireFresh(5999)).toThrow(RangeError)
  })

  test('was never in touch and is infinitely stale', async () => {
    world.server.greeting = []
    const api = await world.start()
    expect([
      await api.status('/', await world.issuer.sign(world.clock.now())),
      api.guard.age,
      api.guard.isServing,
    ]).toEqual([503, Infinity, false])
  })

  test('says how long it tolerates, and goodbye when it stops', async () => {
    world.server.answers.set('/api/v1/revocations/ack', (_, response) => void response.writeHead(204).end())
    const api = await world.startFresh({ stale: { tolerate: 90_000 }, instance: 'a' })
    await api.guard.stop()

    expect(world.server.addresses.find((one) => one.includes('/stream'))).toMatch(/[?&]instance=a&tolerance=90$/)
    expect(world.server.bodies.at(-1)).toBe('{"stream":"stream-1","leaving":true}')
  })

  test('comes back with its last place, acknowledges when asked, and turns to the next address', async () => {
    const second = await FeedServer.start()
    second.greeting = [
      told('e', 2, 1, sessionId(1)),
      heartbeat('e:2', world.clock.now()),
      { name: 'ack', id: undefined, data: '{"id":"e:2"}' },
    ]
    const api = await world.startFresh({}, [world.server.url, second.url])
    const token = await world.issuer.sign(world.clock.now())
    expect(await api.status('/', token)).toBe(200)
    await world.server.stop()

    await second.until(() => second.times('POST /api/v1/revocations/ack') > 0)

    expect(second.asked[0]).toBe(`${stream} e:1`)
    expect(JSON.parse(second.bodies[1] ?? '')).toEqual({ stream: 'stream-1', id: 'e:2' })
    expect(await api.status('/', token)).toBe(401)
    await second.stop()
  })
})
