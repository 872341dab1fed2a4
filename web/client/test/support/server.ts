/** How the server, or the way to it, behaves. */
export type Weather =
  | 'up'
  /** Nothing gets through. */
  | 'offline'
  /** Every answer is 503, and nothing is done. */
  | 'failing'
  /** Requests arrive and are never answered. */
  | 'hanging'
  /** Requests are carried out and their answers are lost. */
  | 'deaf'
  /** Requests are carried out, and of their answers only the head arrives, with its cookie. */
  | 'cut'
  /** Something before it, such as a proxy that wants to be signed in to, answers 401. */
  | 'guarded'

export interface Call {
  readonly at: number
  readonly tab: number
  readonly path: string
  readonly binder: string | undefined
}

interface SessionRow {
  readonly user: string
  current: number
  predecessor: number
  rotatedAt: number
  ended: string | undefined
}

export interface Cookie {
  readonly sid: string
  readonly generation: number
}

export interface Reply {
  readonly status: number
  readonly body: unknown
  /** null deletes the cookie. */
  readonly cookie?: Cookie | null
  readonly stream?: ReadableStream<Uint8Array>
}

const refused = { status: 401, body: { type: 'urn:exeunt:problem:unauthenticated' } }

/** The rules of the server that the client meets: cookie mode, binders and the rotation of DESIGN §5, in memory. */
export class SimulatedServer {
  weather: Weather = 'up'
  hasStream = false
  /** Milliseconds that an ending takes to those who listen for it. */
  streamLatency = 0
  /** Paths that answer 503 whatever the weather. */
  readonly failing = new Set<string>()
  readonly calls: Call[] = []
  readonly sessions = new Map<string, SessionRow>()
  thefts = 0
  readonly window = 30_000
  readonly lifetime = 900
  readonly #tokens = new Map<string, { readonly sid: string; readonly until: number }>()
  readonly #streams = new Map<string, Set<ReadableStreamDefaultController<Uint8Array>>>()
  #count = 0

  get live(): string[] {
    return [...this.sessions].flatMap(([sid, row]) => (row.ended ? [] : [sid]))
  }

  get paths(): string[] {
    return this.calls.map((call) => call.path)
  }

  /** Ends a session the way another device, an administrator or a job does. */
  end(sid: string, reason: string): void {
    const row = this.sessions.get(sid)
    if (!row || row.ended) return
    row.ended = reason
    const data = new TextEncoder().encode(`: heartbeat\n\nevent: ended\ndata: {"reason":"${reason}"}\n\n`)
    for (const stream of this.#streams.get(sid) ?? []) {
      if (this.streamLatency) setTimeout(() => stream.enqueue(data), this.streamLatency)
      else stream.enqueue(data)
    }
  }

  /** What the real server does every 15 seconds: streams go on as long as the newest token of their session. */
  beat(): void {
    for (const [sid, streams] of this.#streams) {
      const lives = [...this.#tokens.values()].some((token) => token.sid === sid && Date.now() < token.until)
      for (const stream of streams) {
        if (lives) stream.enqueue(new TextEncoder().encode(':\n\n'))
        else stream.close()
      }
      if (!lives) streams.clear()
    }
  }

  streamsOf(sid: string): number {
    return this.#streams.get(sid)?.size ?? 0
  }

  /** Makes every access token invalid at the API, as a rotated signing key does; sessions live on. */
  voidTokens(): void {
    this.#tokens.clear()
  }

  answer(method: string, path: string, headers: Headers, body: unknown, cookie: Cookie | undefined): Reply {
    const bearer = this.#bearer(headers)
    switch (`${method} ${path}`) {
      case 'POST /api/v1/auth/login':
        return this.#login(body as { email: string; password: string })
      case 'POST /api/v1/auth/refresh':
        return this.#refresh(cookie, headers.get('X-Exeunt-Cookie'))
      case 'POST /api/v1/auth/logout': {
        if (!headers.has('X-Exeunt-Cookie')) return { status: 403, body: {} }
        if (!cookie) return refused
        this.end(cookie.sid, 'user')
        return { status: 200, body: { message: 'Logged out successfully' }, cookie: null }
      }
      case 'POST /api/v1/auth/logout-all': {
        if (!bearer) return refused
        const all = this.live
        for (const sid of all) this.end(sid, 'logout_all')
        return {
          status: 200,
          body: { message: 'Logged out from all devices successfully', revoked_sessions: all.length },
        }
      }
      case 'GET /api/v1/sessions/current/events':
        if (!this.hasStream) return { status: 404, body: {} }
        return bearer ? { status: 200, body: undefined, stream: this.#stream(bearer) } : refused
      case 'GET /api/v1/sessions':
        return bearer ? { status: 200, body: { sessions: this.#devices(bearer) } } : refused
      case 'DELETE /api/v1/sessions/others': {
        if (!bearer) return refused
        const others = this.live.filter((sid) => sid !== bearer)
        for (const sid of others) this.end(sid, 'other_device')
        return { status: 200, body: { ended: others.length } }
      }
      case 'GET /api/me':
        return bearer ? { status: 200, body: { sid: bearer } } : refused
      case 'POST /api/echo':
        return bearer ? { status: 200, body } : refused
      case 'GET /api/never':
        return refused
      default: {
        const sid = method === 'DELETE' && bearer ? /^\/api\/v1\/sessions\/(\w+)$/.exec(path)?.[1] : undefined
        if (!sid) return { status: 404, body: {} }
        this.end(sid, 'other_device')
        return { status: 200, body: { ended: 1 } }
      }
    }
  }

  #devices(current: string): object[] {
    const at = new Date(1_700_000_000_000).toISOString()
    const times = { created_at: at, last_seen_at: at, expires_at: at }
    return this.live.map((id) => ({
      id,
      device: `Firefox on ${id}`,
      address: '192.0.2.7',
      ...times,
      current: id === current,
    }))
  }

  #bearer(headers: Headers): string | undefined {
    const token = this.#tokens.get(headers.get('Authorization')?.replace('Bearer ', '') ?? '')
    const row = token && this.sessions.get(token.sid)
    return row && !row.ended && Date.now() < token.until ? token.sid : undefined
  }

  #login({ email, password }: { email: string; password: string }): Reply {
    if (password !== 'right') return { status: 401, body: { ...refused.body, detail: 'Check both and try again.' } }
    const sid = `ses_${++this.#count}`
    this.sessions.set(sid, { user: email, current: 1, predecessor: 0, rotatedAt: Date.now(), ended: undefined })
    return { ...this.#signedIn(sid, 1), body: { ...this.#grant(sid), binder: `b-${sid}` } }
  }

  #refresh(cookie: Cookie | undefined, binder: string | null): Reply {
    const row = cookie && this.sessions.get(cookie.sid)
    if (!row || row.ended || binder !== `b-${cookie.sid}`) return refused
    const { generation } = cookie
    const within = Date.now() - row.rotatedAt < this.window
    if (generation !== row.current && generation !== row.predecessor) {
      this.thefts++
      this.end(cookie.sid, 'token_theft')
      return refused
    }
    if (!within) {
      if (generation === row.current) row.predecessor = row.current
      row.current++
      row.rotatedAt = Date.now()
    }
    return this.#signedIn(cookie.sid, row.current)
  }

  #signedIn(sid: string, generation: number): Reply {
    return { status: 200, body: this.#grant(sid), cookie: { sid, generation } }
  }

  #grant(sid: string): object {
    const token = `at-${sid}-${++this.#count}`
    this.#tokens.set(token, { sid, until: Date.now() + this.lifetime * 1000 })
    const user = { id: `usr_${this.sessions.get(sid)?.user ?? ''}`, email: this.sessions.get(sid)?.user, roles: [] }
    return { access_token: token, token_type: 'Bearer', expires_in: this.lifetime, session_id: sid, user }
  }

  #stream(sid: string): ReadableStream<Uint8Array> {
    const all = this.#streams.get(sid) ?? new Set()
    this.#streams.set(sid, all)
    let mine: ReadableStreamDefaultController<Uint8Array>
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        mine = controller
        all.add(controller)
      },
      cancel: () => {
        all.delete(mine)
      },
    })
  }
}
