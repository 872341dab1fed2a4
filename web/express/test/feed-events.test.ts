import { describe, expect, test } from 'vitest'
import { FeedBroken } from '../src/feed/broken.js'
import { readEvents, type FeedEvent } from '../src/feed/events.js'

async function read(limit: number, ...chunks: (string | Uint8Array)[]): Promise<FeedEvent[]> {
  async function* body() {
    for (const chunk of chunks) yield await Promise.resolve(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  }
  const events: FeedEvent[] = []
  for await (const event of readEvents(body(), limit)) events.push(event)
  return events
}

describe('Events of the stream', () => {
  const whole = 'id: e:1\nevent: ended\ndata: {"ü":\ndata:1}\n\n'
  const event = { name: 'ended', id: 'e:1', data: '{"ü":\n1}' }

  test.each(['\n', '\r\n', '\r'])('are read whole and byte by byte, with %j as line end', async (end) => {
    const bytes = Buffer.from(`: comment${end}${whole.replaceAll('\n', end)}data${end}${end}`)
    const both = [event, { name: '', id: undefined, data: '' }]

    expect(await read(1000, bytes)).toEqual(both)
    expect(await read(1000, ...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(both)
  })

  test('An event that the end of the stream cut off is dropped', async () => {
    expect(await read(1000, whole, 'event: ended\ndata: 1\n')).toEqual([event])
  })

  test.each([
    ['a line without end', ['data: ', ...Array<string>(20).fill('x'.repeat(10))]],
    ['an event without end', Array<string>(20).fill('data: x\n')],
    ['comments without end', Array<string>(40).fill(': x\n')],
    ['one large chunk', [`data: ${'x'.repeat(200)}\n\n`]],
  ])('%s is given up', async (_, chunks) => {
    await expect(read(100, ...chunks)).rejects.toBeInstanceOf(FeedBroken)
  })

  test('Many small events are no large one', async () => {
    expect(await read(100, ...Array<string>(1000).fill('data: x\n\n'))).toHaveLength(1000)
  })

  test('Bytes that are not UTF-8 are given up', async () => {
    await expect(read(100, Uint8Array.of(0x64, 0xff, 0x0a))).rejects.toBeInstanceOf(FeedBroken)
  })
})
