import express from 'express'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Guard, type GuardOptions } from '../../src/index.js'
import type { Clock } from '../../src/clock.js'
import { issuer } from './endings.js'

/** An Express application with the guard, on a real socket. */
export class Api {
  private constructor(
    readonly guard: Guard,
    readonly lines: readonly string[],
    private readonly server: ReturnType<ReturnType<typeof express>['listen']>,
  ) {}

  static async start(clock: Clock, servers: readonly string[], options: Partial<GuardOptions> = {}): Promise<Api> {
    const lines: string[] = []
    const note = (line: string) => void lines.push(line)
    const clientId = 'app_01jq3f3zg2e4p8xkq7v5c9d2ab'
    const guard = new Guard(
      {
        servers,
        issuer,
        audiences: ['orders'],
        clientId,
        clientSecret: 'exs_secret',
        log: { info: note, warn: note, error: note },
        ...options,
      },
      clock,
    )
    const app = express()
    app.get('/', guard.protect(), (request, response) => void response.send(request.exeunt?.subject))
    app.get('/fresh', guard.requireFresh(10_000), guard.protect(), (_, response) => void response.send('fresh'))
    app.get('/events', guard.protect(), guard.cutWhenEnded(), (_, response) => void response.write('open\n'))
    app.get(
      '/behind',
      guard.behind((request) => {
        const session = request.headers['x-session']
        return typeof session === 'string' ? { issuer, subject: 'ada', session } : undefined
      }),
      (_, response) => void response.send('behind'),
    )
    await guard.start()
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Api(guard, lines, server)
  }

  get(path: string, token?: string, headers: Record<string, string> = {}): Promise<Response> {
    const { port } = this.server.address() as AddressInfo
    return fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { ...(token !== undefined && { Authorization: `Bearer ${token}` }), ...headers },
    })
  }

  /** The status of an answer whose body does not matter. */
  async status(path: string, token?: string, headers: Record<string, string> = {}): Promise<number> {
    const response = await this.get(path, token, headers)
    await response.body?.cancel()
    return response.status
  }

  /** Asks until the answer is this one. */
  async becomes(status: number, path: string, token?: string): Promise<void> {
    while ((await this.status(path, token)) !== status);
  }

  async stop(): Promise<void> {
    await this.guard.stop()
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
