import { asObject, asText } from './grant.js'
import type { Platform } from './platform.js'

/** What came back. Status 0: nothing did, whatever the cause. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  /** Seconds, when the server named them. */
  readonly retryAfter?: number | undefined
}

/** How to ask. */
export interface Ask {
  /** Milliseconds until we stop waiting, the body included. */
  readonly within: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: object
  readonly signal?: AbortSignal | undefined
  /** Lets the request outlive the page. */
  readonly keepalive?: boolean
}

/** Header of cookie mode: its presence makes other origins ask first (CSRF-2), its value on a refresh is the binder. */
export const cookieHeader = 'X-Exeunt-Cookie'

/** What the server says in a problem document (RFC 9457), for people. */
export function detailOf(answer: Answer): string | undefined {
  return asText(asObject(answer.body)?.['detail'])
}

/** The Exeunt server. A call never throws and never hangs: having no answer is an answer. */
export class Server {
  constructor(
    private readonly platform: Platform,
    private readonly address: string,
  ) {}

  /** The absolute address of a route. */
  url(path: string): string {
    return new URL(path, new URL(this.address, this.platform.href)).href
  }

  async call(method: string, path: string, ask: Ask): Promise<Answer> {
    const limit = new AbortController()
    const cancel = this.platform.after(ask.within, () => limit.abort())
    try {
      const response = await this.platform.fetch(this.url(path), {
        method,
        headers: { ...(ask.json && { 'Content-Type': 'application/json' }), ...ask.headers },
        body: JSON.stringify(ask.json), // undefined when there is none
        credentials: 'include',
        cache: 'no-store',
        redirect: 'error', // a proxy's sign-in page is not an answer of ours
        keepalive: ask.keepalive ?? false,
        signal: AbortSignal.any([limit.signal, ask.signal ?? limit.signal]),
      })
      const retryAfter = Number(response.headers.get('Retry-After')) || undefined
      const text = await response.text()
      // A 401 ends sessions and settles logouts: only the server's own counts, not that of something before it.
      const status = response.status === 401 && !text.includes('urn:exeunt:') ? 0 : response.status
      return { status, body: parseJson(text), retryAfter }
    } catch {
      return { status: 0 }
    } finally {
      cancel()
    }
  }
}

/** What it says; undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
