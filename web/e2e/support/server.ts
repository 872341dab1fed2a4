import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rotationWindow, serverProgram } from './places.js'

/** The password of every account of these tests. */
export const password = 'purple-otter-lantern-41'

const settings = {
  Exeunt__Accounts__Registration: 'open',
  Exeunt__Limits__RegistrationsPerAddress: '100000',
  Exeunt__Sessions__RotationWindow: `${rotationWindow / 1000}s`,
}

/** The real server as a process of its own, on a temporary folder. It can be stopped, and started again on the same port and data. */
export class ExeuntServer {
  #process: ChildProcess | undefined
  #port = 0
  #said = ''

  private constructor(private readonly folder: string) {}

  static async start(): Promise<ExeuntServer> {
    const server = new ExeuntServer(await mkdtemp(join(tmpdir(), 'exeunt-e2e-')))
    await server.start()
    return server
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    const child = spawn(serverProgram, ['serve', '--urls', this.address, '--data', join(this.folder, 'data')], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    await new Promise<void>((resolve, reject) => {
      const heard = (chunk: Buffer) => {
        this.#said = (this.#said + chunk.toString()).slice(-10_000)
        const port = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(this.#said)?.[1]
        if (port) {
          this.#port = Number(port)
          resolve()
        }
      }
      child.stdout.on('data', heard)
      child.stderr.on('data', heard)
      child.once('exit', () => reject(new Error(`The server ended before it listened. It said:\n${this.#said}`)))
    })
  }

  /** Ends it as an operator does. */
  async stop(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }

  async dispose(): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Makes an account. */
  async register(email: string): Promise<void> {
    await this.ask('POST', '/api/v1/auth/register', undefined, { email, password })
  }

  /** Signs in without a browser: another device of the person, as the API sees it. */
  async signIn(email: string): Promise<{ access_token: string; refresh_token: string; session_id: string }> {
    return (await this.ask('POST', '/api/v1/auth/login', undefined, { email, password })) as never
  }

  /** Calls the API directly, past every proxy; fails unless the answer is a good one. */
  async ask(method: string, path: string, token?: string, body?: object): Promise<unknown> {
    const response = await this.call(method, path, token, body)
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`)
    return response.json()
  }

  /** The same, whatever the answer is. */
  call(method: string, path: string, token?: string, body?: object): Promise<Response> {
    return fetch(this.address + path, {
      method,
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
  }
}
