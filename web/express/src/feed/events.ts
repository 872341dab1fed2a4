import { TextDecoder } from 'node:util'
import { FeedBroken } from './broken.js'

/** One server-sent event. */
export interface FeedEvent {
  readonly name: string
  readonly id: string | undefined
  readonly data: string
}

/**
 * Reads server-sent events from a body. An event that grows beyond the limit, or bytes that are not UTF-8, are the end: a server that never ends an event would
 * fill the memory. What is not ended by an empty line is dropped.
 * @throws FeedBroken
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>, mostCharacters: number): AsyncGenerator<FeedEvent> {
  const event = new Unfinished()
  let length = 0 // of the event so far
  for await (const line of readLines(body, () => mostCharacters - length)) {
    length += line.length + 1
    if (line !== '') {
      event.take(line)
      continue
    }

    length = 0
    const finished = event.finish()
    if (finished) yield finished
  }
}

class Unfinished {
  private name = ''
  private id: string | undefined
  private data: string[] = []

  take(line: string): void {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') this.name = value
    else if (field === 'data') this.data.push(value)
    else if (field === 'id' && !value.includes('\0')) this.id = value
  }

  /** What has been read, and a new beginning. Without data there is no event. */
  finish(): FeedEvent | undefined {
    const event = this.data.length === 0 ? undefined : { name: this.name, id: this.id, data: this.data.join('\n') }
    this.name = ''
    this.id = undefined
    this.data = []
    return event
  }
}

async function* readLines(body: AsyncIterable<Uint8Array>, room: () => number): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let pieces: string[] = [] // of the line that has not ended
  let length = 0
  let wasReturn = false // a line feed after it belongs to it
  for await (const bytes of body) {
    let chunk = decode(decoder, bytes)
    if (chunk === '') continue
    if (wasReturn && chunk.startsWith('\n')) chunk = chunk.slice(1)
    wasReturn = chunk.endsWith('\r')

    const lines = chunk.split(/\r\n|\n|\r/)
    const rest = lines.pop() ?? ''
    for (const line of lines) {
      const whole = pieces.join('') + line
      pieces = []
      length = 0
      if (whole.length > room()) throw new FeedBroken('An event is too large.')
      yield whole
    }

    pieces.push(rest)
    length += rest.length
    if (length > room()) throw new FeedBroken('An event is too large.')
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true })
  } catch {
    throw new FeedBroken('The stream is not UTF-8.')
  }
}
