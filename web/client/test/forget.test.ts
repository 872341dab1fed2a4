import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ForgetEverything, type ForgetList } from '../src/forget.js'
import { SimulatedBrowser, type SimulatedTab } from './support/browser.js'
import { finish } from './support/people.js'

let tab: SimulatedTab

beforeEach(() => {
  vi.useFakeTimers()
  tab = new SimulatedBrowser().open()
})
afterEach(() => void vi.useRealTimers())

const forget = (list: ForgetList) => new ForgetEverything(tab, list)

/** As much of IndexedDB as deleting needs; `stuck` databases are held open by somebody. */
function databases(names: string[], stuck: readonly string[] = []): IDBFactory {
  const factory = {
    databases: () => Promise.resolve(names.map((name) => ({ name, version: 1 }))),
    deleteDatabase: (name: string) => {
      const request: { onsuccess?: () => void } = {}
      if (!stuck.includes(name))
        queueMicrotask(() => {
          names.splice(names.indexOf(name), 1)
          request.onsuccess?.()
        })
      return request
    },
  }
  return factory as unknown as IDBFactory
}

function cachesOf(names: string[]): CacheStorage {
  const storage = {
    keys: () => Promise.resolve([...names]),
    delete: (name: string) => Promise.resolve(names.splice(names.indexOf(name), 1).length > 0),
  }
  return storage as unknown as CacheStorage
}

describe('Forgetting', () => {
  test('Nothing of the app’s is touched unless it is listed', async () => {
    tab.local.setItem('theme', 'dark')
    expect(await finish(forget({}).everywhere())).toEqual([])
    expect(tab.local.getItem('theme')).toBe('dark')
  })

  test('`all` spares the memory of a pending logout, and nothing else', async () => {
    tab.local.setItem('exeunt.session', 'out')
    tab.local.setItem('orders', 'x')
    expect(await finish(forget({ localStorage: 'all' }).everywhere())).toEqual([])
    expect(Object.keys(tab.local)).toEqual(['exeunt.session'])
  })

  test('Databases and caches go by name and by pattern', async () => {
    const [stored, cached] = [
      ['orders', 'orders-draft', 'theme'],
      ['pages-v1', 'fonts'],
    ]
    Object.assign(tab, { databases: databases(stored), caches: cachesOf(cached) })
    expect(await finish(forget({ indexedDB: [/^orders/], caches: ['pages-v1'] }).everywhere())).toEqual([])
    expect(stored).toEqual(['theme'])
    expect(cached).toEqual(['fonts'])
  })

  test('What cannot be deleted is reported and does not hold the rest up', async () => {
    tab.databases = databases(['orders', 'held'], ['held'])
    const forgetting = forget({ indexedDB: 'all' })
    forgetting.register('query cache', () => {
      throw new Error('no')
    })
    forgetting.register('slow cache', () => new Promise(() => undefined))
    const from = Date.now()
    expect(await finish(forgetting.everywhere())).toEqual(['query cache', 'slow cache', 'IndexedDB: held'])
    expect(Date.now() - from).toBeLessThanOrEqual(2_010) // virtual time
  })

  test('A storage that comes back by itself is reported', async () => {
    const cached = ['pages']
    Object.assign(tab, { caches: Object.assign(cachesOf(cached), { delete: () => Promise.resolve(true) }) })
    expect(await finish(forget({ caches: 'all' }).everywhere())).toEqual(['Cache Storage: pages'])
  })

  test('A browser that cannot list its databases has them reported', async () => {
    tab.databases = {} as IDBFactory
    expect(await finish(forget({ indexedDB: 'all' }).everywhere())).toEqual(['IndexedDB'])
  })

  test('What is taken back is not called', async () => {
    const forgetting = forget({})
    let called = 0
    forgetting.register('cache', () => called++)()
    await finish(forgetting.everywhere())
    expect(called).toBe(0)
  })
})
