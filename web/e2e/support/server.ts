import { spawn, type ChildProcess } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rotationWindow, serverProgram } from './places.js'

/** The password of every account of these tests. */
export const password = 'purple-otter-lantern-41'

/** The administrator that every server of these tests begins with. */
export const administrator = 'root@example.com'

/** An outside issuer of sessions that every server of these tests knows, and the secret that it signs with. */
const outside = { issuer: 'https://shop.example.com', secret: 'a-secret-of-these-tests-and-of-nobody-else' }

const settings = {
  EXEUNT_ADMIN_EMAIL: administrator,
  EXEUNT_ADMIN_PASSWORD: password,
  Exeunt__Accounts__Registration: 'open',
  Exeunt__Limits__RegistrationsPerAddress: '100000',
  Exeunt__Sessions__RotationWindow: `${rotationWindow / 1000}s`,
  Exeunt__Providers__0__Name: 'shop',
  Exeunt__Providers__0__Kind: 'jwt',
  Exeunt__Providers__0__Issuer: outside.issuer,
  Exeunt__Providers__0__Secret: outside.secret,
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
    private readonly options: readonly string[],
  ) {}

  /** Starts one. `more`: settings besides those of all tests, as environment variables; and options of `serve`. */
  static async start(more: Readonly<Record<string, string>> = {}, ...options: string[]): Promise<ExeuntServer> {
    const server = new ExeuntServer(await mkdtemp(join(tmpdir(), 'exeunt-e2e-')), more, options)
    await server.start()
    return server
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    const data = join(this.folder, 'data')
    const child = spawn(serverProgram, ['serve', '--urls', this.address, '--data', data, ...this.options], {
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

  /** What it has printed lately that fits, or the part of it in brackets. */
  said(pattern: RegExp): string {
    const found = pattern.exec(this.#said)
    if (!found) throw new Error(`It has not said ${pattern.source}, but:\n${this.#said}`)
    return found[1] ?? found[0]
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

  /** A session that an outside issuer has opened for somebody: it is mirrored when its token is first seen. */
  async bringSession(subject: string, session: string): Promise<void> {
    const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url')
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: outside.issuer, sub: subject, sid: session, auth_time: now, iat: now, exp: now + 3600 }
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
    const mac = createHmac('sha256', outside.secret).update(signed).digest('base64url')
    await this.ask('GET', '/api/v1/sessions', `${signed}.${mac}`)
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
