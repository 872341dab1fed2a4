import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FeedEvent } from '../../src/feed/events.js'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** A server on loopback that is told what to say. */
export class FeedServer {
  /** What it was asked, in order: method and path, and the place that a stream went on from. */
  readonly asked: string[] = []
  readonly bodies: string[] = []
  /** The same with what stands behind the path. */
  readonly addresses: string[] = []
  /** Answers by path; the stream's may be set here, too. */
  readonly answers = new Map<string, Answer>()
  /** Sent to each new stream at once. */
  greeting: FeedEvent[] = []
  url = ''
  private readonly streams = new Set<ServerResponse>()
  private readonly waiting = new Set<() => void>()
  private readonly server = createServer((request, response) => void this.answer(request, response))

  static async start(): Promise<FeedServer> {
    const one = new FeedServer()
    await new Promise<void>((resolve) => one.server.listen(0, '127.0.0.1', resolve))
    one.url = `http://127.0.0.1:${(one.server.address() as AddressInfo).port}`
    return one
  }

  /** Tells all streams. */
  tell(...events: readonly FeedEvent[]): void {
    for (const stream of this.streams) for (const event of events) write(stream, event)
  }

  /** Breaks all streams off. */
  cut(): void {
    for (const stream of this.streams) stream.destroy()
    this.streams.clear()
  }

  /** Waits until what was asked fulfils something. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.waiting.add(resolve))
  }

  times(what: string): number {
    return this.asked.filter((one) => one.startsWith(what)).length
  }

  async stop(): Promise<void> {
    this.cut()
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const path = (request.url ?? '').replace(/\?.*/, '')
    const place = request.headers['last-event-id']
    this.asked.push(`${request.method ?? ''} ${path}${typeof place === 'string' ? ` ${place}` : ''}`)
    this.bodies.push(body)
    this.addresses.push(request.url ?? '')
    const answer = this.answers.get(path)
    if (answer) answer(request, response, body)
    else if (path === '/api/v1/revocations/stream') this.stream(response)
    else response.writeHead(404).end()
    for (const resolve of this.waiting) resolve()
    this.waiting.clear()
  }

  private stream(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Exeunt-Stream': 'stream-1' })
    response.flushHeaders()
    for (const event of this.greeting) write(response, event)
    this.streams.add(response)
    response.on('close', () => this.streams.delete(response))
  }
}

function write(response: ServerResponse, { name, id, data }: FeedEvent): void {
  response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`)
}
