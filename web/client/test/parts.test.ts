import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readEvents } from '../src/events.js'
import { readGrant } from '../src/grant.js'
import { exclusive, exclusiveSoon } from '../src/locks.js'
import { readKept, Store, valueOf, type Kept } from '../src/store.js'
import { SimulatedBrowser } from './support/browser.js'
import { finish, pass } from './support/people.js'

describe('Events of a stream', () => {
  async function read(...chunks: string[]) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
        controller.close()
      },
    })
    const events = []
    for await (const event of readEvents(body)) events.push(event)
    return events
  }

  test.each([
    ['whole', ['event: ended\ndata: {"a":1}\n\n']],
    ['with carriage returns', ['event: ended\r\ndata: {"a":1}\r\n\r\n']],
    ['cut anywhere', ['ev', 'ent: en', 'ded\nda', 'ta: {"a":1}\n', '\n']],
    ['with ids and without spaces', ['id:7\nevent:ended\ndata:{"a":1}\n\n']],
  ])('are read %s', async (_, chunks) => {
    expect(await read(...chunks)).toEqual([{ event: 'ended', data: '{"a":1}' }])
  })

  test('A carriage return that is cut from its line feed is one line end', async () => {
    expect(await read('event: ended\r', '\ndata: x\r', '\n\r', '\n')).toEqual([{ event: 'ended', data: 'x' }])
  })

  test('A stream that never ends an event is given up, not kept', async () => {
    expect(await read('x'.repeat(70_000), 'event: ended\n\n')).toEqual([])
  })
})

describe('The one key', () => {
  test.each<Kept>([
    { as: 'nobody' },
    { as: 'in', binder: 'abc_-' },
    { as: 'out' },
    { as: 'ended', reason: 'admin', at: 12 },
  ])('%j is read as it was written', (kept) => expect(readKept(valueOf(kept))).toEqual(kept))

  test.each([null, undefined, 7, {}, '', 'in:', 'other:x', 'true'])('%j is nobody', (value) =>
    expect(readKept(value)).toEqual({ as: 'nobody' }),
  )

  test('A storage that refuses to write loses the binder rather than keep it, and the page remembers in its place', () => {
    const tab = new SimulatedBrowser().open()
    const store = new Store(tab)
    store.write({ as: 'in', binder: 'b' })
    const full = new Proxy(tab.local, {
      get: (target, name) =>
        name === 'setItem'
          ? () => {
              throw new DOMException('full', 'QuotaExceededError')
            }
          : (Reflect.get(target, name) as unknown),
    })
    Object.defineProperty(tab, 'local', { value: full })
    store.write({ as: 'out' })
    expect([store.read(), new Store(tab).read()]).toEqual([{ as: 'out' }, { as: 'nobody' }])
  })

  test('Without storage a session lasts as long as its page', () => {
    const tab = new SimulatedBrowser().open()
    Object.defineProperty(tab, 'local', { value: undefined })
    const store = new Store(tab)
    store.write({ as: 'in', binder: 'b' })
    expect(store.read()).toEqual({ as: 'in', binder: 'b' })
    expect(new Store(tab).read()).toEqual({ as: 'nobody' })
  })
})

describe('A grant', () => {
  const good = {
    access_token: 'opaque',
    expires_in: 900,
    session_id: 'ses_1',
    user: { id: 'usr_1', email: null, roles: ['a'] },
  }

  test('counts its lifetime from the sending, and never looks into the token (AT-9)', () => {
    expect(readGrant(good, 1_000)).toMatchObject({ accessToken: 'opaque', expiresAt: 901_000, staleAt: 871_000 })
  })

  test.each([
    null,
    'text',
    {},
    { ...good, access_token: 7 },
    { ...good, expires_in: '900' },
    { ...good, expires_in: 0 },
    { ...good, expires_in: Number.NaN },
    { ...good, session_id: undefined },
    { ...good, user: {} },
  ])('is not made of %j', (body) => expect(readGrant(body, 0)).toBeUndefined())
})

describe.each([true, false])('A lock (Web Locks: %s)', (locks) => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('lets one in at a time and loses nobody', async () => {
    const browser = new SimulatedBrowser({ locks })
    let [inside, most, done] = [0, 0, 0]
    const work = async () => {
      most = Math.max(most, ++inside)
      await pass(0)
      inside--
      done++
    }
    const all = Promise.all(Array.from({ length: 8 }, () => exclusive(browser.open(), 'x', undefined, work)))
    await finish(all, 120_000)
    expect({ most, done }).toEqual({ most: 1, done: 8 })
  })

  test('of a tab that died is free again', async () => {
    const browser = new SimulatedBrowser({ locks })
    const [dying, next] = [browser.open(), browser.open()]
    void exclusive(dying, 'x', undefined, () => new Promise(() => undefined))
    await pass(1_000)
    dying.crash()
    expect(await finish(exclusive(next, 'x', undefined, () => Promise.resolve('in')))).toBe('in')
  })

  test('is not waited for longer than asked, and failures come through once', async () => {
    const browser = new SimulatedBrowser({ locks })
    void exclusive(browser.open(), 'x', undefined, () => new Promise(() => undefined))
    await pass(1_000)
    let runs = 0
    const work = () => {
      runs++
      return Promise.reject(new Error('the work’s own'))
    }
    await expect(finish(exclusiveSoon(browser.open(), 'x', 300, work))).rejects.toThrow('the work’s own')
    expect(runs).toBe(1)
  })
})
