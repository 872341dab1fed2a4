import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { systemClock } from '../src/clock.js'
import { Api } from './support/api.js'
import { FeedServer } from './support/feed-server.js'

const path = '/api/v1/revocations/stream'

function forever(response: ServerResponse, text: string): void {
  const more = () => {
    while (!response.destroyed && response.write(text));
    response.once('drain', more)
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  more()
}

const say = (body: string) => (response: ServerResponse) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(body)
}
const snapshot = (lines: string) =>
  `event: snapshot\nid: e:1\ndata: {"part":1,"last":true,"count":1,"lines":"${lines}"}`

const kinds: [string, (response: ServerResponse) => void][] = [
  ['garbage', say('\u0000\u0001: ]\n\nevent: revocation\nid: e:1\ndata: {"scope":\n\n')],
  ['a line without end', (response) => forever(response, 'x'.repeat(65_536))],
  ['an event without end', (response) => forever(response, `data: ${'x'.repeat(4000)}\n`)],
  ['a snapshot cut short', say(snapshot('H4sI'))],
  ['a bomb', say(`${snapshot(gzipSync(Buffer.alloc(256 * 1024 * 1024)).toString('base64'))}\n\n`)],
  [
    'a heartbeat before a snapshot',
    say('event: heartbeat\ndata: {"newest":"e:1","time":1800000000000,"as_of":1800000000000}\n\n'),
  ],
  [
    'another kind of answer',
    (response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html></html>'),
  ],
  ['a redirect', (response) => void response.writeHead(302, { Location: 'http://127.0.0.1:9/' }).end()],
  ['no entry', (response) => void response.writeHead(401).end()],
]

test.each(kinds)('A guard that is told %s leaves, comes back, and does not become fresh', async (_, answer) => {
  const server = await FeedServer.start()
  server.answers.set(path, (_request, response) => answer(response))
  const api = await Api.start(systemClock, [server.url])
  try {
    await server.until(() => server.times(`GET ${path}`) >= 2) // it came back, so it is alive

    expect([api.guard.age, api.guard.revocations]).toEqual([Infinity, 0])
    expect(api.lines.join('\n')).not.toContain('exs_secret')
  } finally {
    await api.stop()
    await server.stop()
  }
})
