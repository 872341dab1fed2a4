import { readFile } from 'node:fs/promises'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { builtApp } from './places.js'

/** What happens to a request on its way to the server, and to the answer on its way back. */
export type Fate =
  | 'passes'
  /** Nobody takes the connection. */
  | 'refused'
  /** Something before the server answers 500. */
  | 'failed'
  /** It answers 401, as an API does that takes the token for expired. */
  | 'unauthorized'
  /** Nobody ever answers. */
  | 'hangs'
  /** The server acts, and the connection breaks before its answer has arrived. */
  | 'answer lost'
  /** The server acts, and its answer is never heard of again. */
  | 'answer swallowed'
  /** The server is asked twice, and the second answer arrives. */
  | 'asked twice'
  /** The answer takes so many milliseconds longer. */
  | { readonly late: number }

/** A request that has come this far. */
export interface Passing {
  readonly method: string
  readonly path: string
  readonly token: string | undefined
  /** The cookies that it brought. */
  readonly cookie: string
  /** The answer's status; undefined while there is none. */
  status?: number
  /** The answer, when it was JSON. */
  json?: unknown
}

interface Answer {
  readonly head: IncomingMessage
  readonly body: Buffer | undefined
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' }

/** The app's own web server: its files, and everything under /api passed on to the Exeunt server, as a proxy in production does. Its network obeys tests. */
export class Site {
  readonly passed: Passing[] = []
  /** Answers under way that go on until somebody ends them. */
  openStreams = 0
  fate: (asked: Passing) => Fate = () => 'passes'
  /** Pages are answered when this is done. */
  pagesWaitFor: Promise<void> = Promise.resolve()

  private constructor(
    private readonly server: Server,
    private readonly upstream: () => string,
  ) {}

  static async start(upstream: () => string): Promise<Site> {
    const server = createServer()
    const site = new Site(server, upstream)
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      site.#serve(asked, answer).catch(() => answer.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return site
  }

  /** A cookie that is Secure is kept from localhost, too. */
  get address(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`
  }

  /** What was asked of the API, as `POST /api/v1/auth/logout`. */
  get asked(): string[] {
    return this.passed.map(({ method, path }) => `${method} ${path}`)
  }

  stop(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  async #serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = (asked.url ?? '/').split('?')[0] ?? '/'
    if (path.startsWith('/api/')) return this.#pass(asked, path, answer)
    const file = extname(path) ? normalize(path) : '/index.html'
    const content = await readFile(join(builtApp, file)).catch(() => undefined)
    if (!content) return void answer.writeHead(404).end()
    if (file === '/index.html') await this.pagesWaitFor
    answer.writeHead(200, {
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Cache-Control': file === '/index.html' ? 'no-cache' : 'max-age=31536000, immutable',
      'Content-Security-Policy': "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'",
    })
    answer.end(content)
  }

  async #pass(asked: IncomingMessage, path: string, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of asked) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const token = /^Bearer (.+)$/.exec(asked.headers.authorization ?? '')?.[1]
    const passing: Passing = { method: asked.method ?? '', path, token, cookie: asked.headers.cookie ?? '' }
    this.passed.push(passing)

    const fate = this.fate(passing)
    if (fate === 'refused') return void asked.socket.destroy()
    if (fate === 'failed') return void answer.writeHead(500, { 'Content-Type': 'text/plain' }).end('Internal error')
    if (fate === 'unauthorized')
      return void answer.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end()
    if (fate === 'hangs') return
    if (fate === 'asked twice') await this.#ask(asked, body)

    const { head, body: content } = await this.#ask(asked, body, answer)
    passing.status = head.statusCode ?? 0
    if (!content) {
      this.openStreams++
      answer.once('close', () => this.openStreams--)
      return void head.pipe(answer.writeHead(passing.status, head.headers))
    }
    if (head.headers['content-type']?.startsWith('application/json')) passing.json = JSON.parse(content.toString())
    if (fate === 'answer lost') return void asked.socket.destroy()
    if (fate === 'answer swallowed') return
    if (typeof fate === 'object') await later(fate.late)
    answer.writeHead(passing.status, head.headers).end(content)
  }

  // The Host stays as the browser sent it: the server compares the Origin with it.
  #ask({ method, url, headers }: IncomingMessage, body: Buffer, until?: ServerResponse): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onward = request(this.upstream() + (url ?? ''), { method, headers, agent: false }, (head) => {
        if (head.headers['content-type'] === 'text/event-stream') return resolve({ head, body: undefined })
        const chunks: Buffer[] = []
        head.on('data', (chunk: Buffer) => chunks.push(chunk))
        head.on('end', () => resolve({ head, body: Buffer.concat(chunks) }))
        head.on('error', reject)
      })
      onward.on('error', reject)
      until?.on('close', () => onward.destroy())
      onward.end(body)
    })
  }
}
