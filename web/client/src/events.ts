/** One event of a `text/event-stream`. */
export interface ServerEvent {
  readonly event: string
  readonly data: string
}

const longest = 64 * 1024 // characters of one unfinished event; a stream that sends more is not ours

/** Reads server-sent events from a body. EventSource would be shorter, but cannot send an access token. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let unread = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      unread = (unread + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n')
      for (let end = unread.indexOf('\n\n'); end >= 0; end = unread.indexOf('\n\n')) {
        yield parse(unread.slice(0, end))
        unread = unread.slice(end + 2)
      }
      if (unread.length > longest) return
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

// The server sends each event's data on one line; comments, ids and whatever else is in the block are not for us.
function parse(block: string): ServerEvent {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? ''
  return { event: field('event'), data: field('data') }
}
