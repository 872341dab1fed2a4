import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { GuardOptions } from '../../src/index.js'
import { Api } from './api.js'
import { TestClock } from './clock.js'
import { heartbeat, snapshot } from './endings.js'
import { FeedServer } from './feed-server.js'
import { Issuer } from './issuer.js'

/** What each test of a file finds: a clock that stands, a server with a feed and keys, a folder, and APIs that end with the test. */
class World {
  clock!: TestClock
  server!: FeedServer
  issuer!: Issuer
  folder!: string
  private readonly apis: Api[] = []

  async begin(): Promise<void> {
    this.clock = new TestClock()
    this.server = await FeedServer.start()
    this.issuer = await Issuer.create()
    this.folder = await mkdtemp(join(tmpdir(), 'guard-'))
    this.server.greeting = [snapshot('e:1'), heartbeat('e:1', this.clock.now())]
    this.server.answers.set('/.well-known/jwks.json', (_, response) => response.end(this.issuer.document))
  }

  async end(): Promise<void> {
    for (const api of this.apis.splice(0)) await api.stop()
    await this.server.stop()
    await rm(this.folder, { recursive: true })
  }

  async start(options: Partial<GuardOptions> = {}, servers = [this.server.url]): Promise<Api> {
    const api = await Api.start(this.clock, servers, options)
    this.apis.push(api)
    return api
  }

  /** The same, in touch with the server. */
  async startFresh(options: Partial<GuardOptions> = {}, servers = [this.server.url]): Promise<Api> {
    const api = await this.start(options, servers)
    while (api.guard.age === Infinity) await new Promise(setImmediate)
    return api
  }
}

export function useWorld(): World {
  const world = new World()
  beforeEach(() => world.begin())
  afterEach(() => world.end())
  return world
}
