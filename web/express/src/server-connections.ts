import type { CheckedOptions } from './options.js'

/** As much of a request as is needed here. */
export interface PlainRequest {
  readonly method?: 'GET' | 'POST'
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** The connections to the server's addresses, with the guard's credentials. */
export class ServerConnections {
  readonly servers: readonly URL[]
  private readonly credentials: string

  constructor(options: CheckedOptions) {
    this.servers = options.servers
    this.credentials = `Basic ${Buffer.from(`${options.clientId}:${options.clientSecret}`).toString('base64')}`
  }

  /** Sends a request with the guard's credentials; completes when the head of the answer is there. */
  send(url: URL, request: PlainRequest): Promise<Response> {
    return fetchPlainly(url, { ...request, headers: { ...request.headers, Authorization: this.credentials } })
  }

  /** Posts a small JSON document. */
  post(url: URL, body: unknown, signal: AbortSignal): Promise<Response> {
    return this.send(url, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
      signal,
    })
  }
}

/** Follows no redirect, so that credentials go where they were meant to, and lets nothing be packed. */
export function fetchPlainly(url: URL, request: PlainRequest): Promise<Response> {
  return fetch(url, { ...request, redirect: 'manual', headers: { 'Accept-Encoding': 'identity', ...request.headers } })
}

/**
 * The body of an answer as text.
 * @throws Error It is longer, is not UTF-8, or was cut off.
 */
export async function readBounded(response: Response, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += (chunk as Uint8Array).length
    if (length > mostBytes) throw new Error(`The answer has more than ${mostBytes} bytes.`) // leaving the loop cancels the rest
    chunks.push(chunk as Uint8Array)
  }

  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}

/** Ends an answer whose body nobody wants, so that its connection is free again. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel()
}
