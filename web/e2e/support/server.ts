import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rotationWindow, serverProgram } from './places.js'

/** The password of every account of these tests. */
export const password = 'purple-otter-lantern-41'

/** The administrator that every server of these tests begins with. */
export const administrator = 'root@example.com'

const settings = {
  EXEUNT_ADMIN_EMAIL: administrator,
  EXEUNT_ADMIN_PASSWORD: password,
  Exeunt__Accounts__Registration: 'open',
  Exeunt__Limits__RegistrationsPerAddress: '100000',
  Exeunt__Sessions__RotationWindow: `${rotationWindow / 1000}s`,
}

/** What a device is given when somebody signs in. */
export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly session_id: string
}

/** The real server as a process of its own, on a temporary folder. It can be stopped, and started again on the same port and data. */
export class ExeuntServer {
  #process: ChildProcess | undefined
  #port = 0
  #said = ''

  private constructor(
    private readonly folder: string,
    private readonly more: Readonly<Record<string, string>>,
  ) {}

  /** Starts one. `more`: settings besides those of all tests, as environment variables. */
  static async start(more: Readonly<Record<string, string>> = {}): Promise<ExeuntServer> {
    const server = new ExeuntServer(await mkdtemp(join(tmpdir(), 'exeunt-e2e-')), more)
    await server.start()
    return server
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    const child = spawn(serverProgram, ['serve', '--urls', this.address, '--data', join(this.folder, 'data')], {
      env: { ...process.env, ...settings, ...this.more },
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

  /** Makes an account, and tells its id. */
  async register(email: string, name?: string): Promise<string> {
    const made = await this.ask('POST', '/api/v1/auth/register', undefined, { email, password, ...(name && { name }) })
    return (made as { user: { id: string } }).user.id
  }

  /** Signs in without a browser: another device of the person, as the API sees it. */
  async signIn(email: string, device?: string, userAgent?: string): Promise<Tokens> {
    const body = { email, password, ...(device && { device_name: device }) }
    const response = await fetch(`${this.address}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(userAgent && { 'User-Agent': userAgent }) },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`The sign-in was answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as Tokens
  }

  /** Whether a device is still let in: with its access token, and with its refresh token. */
  async letsIn({ access_token, refresh_token }: Tokens): Promise<{ access: boolean; refresh: boolean }> {
    const access = (await this.call('GET', '/api/v1/users/me', access_token)).status === 200
    return { access, refresh: (await this.call('POST', '/api/v1/auth/refresh', undefined, { refresh_token })).ok }
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
