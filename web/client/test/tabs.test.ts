import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SimulatedBrowser } from './support/browser.js'
import { finish, openPage, pass, signInAda } from './support/people.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const ways = [
  { way: 'Web Locks and BroadcastChannel', traits: {} },
  { way: 'storage events alone', traits: { channels: false } },
  { way: 'neither locks nor channels', traits: { channels: false, locks: false } },
]

describe.each(ways)('Tabs with $way', ({ traits }) => {
  test('A logout in one signs the others out at once, and each forgets what is its own', async () => {
    const browser = new SimulatedBrowser(traits)
    const pages = [1, 2, 3].map(() => openPage(browser, { afterLogout: '/goodbye', forget: { sessionStorage: 'all' } }))
    const [first, ...others] = pages
    if (!first) throw new Error()
    await signInAda(first)
    await pass(1_000)
    const forgotten: number[] = []
    for (const { exeunt, tab } of pages) {
      expect(exeunt.state.status).toBe('signed-in')
      exeunt.onForget('queries', () => forgotten.push(tab.id))
      tab.session.setItem('draft', 'x')
    }
    browser.server.weather = 'hanging' // the others need no server to hear of it
    const leaving = first.exeunt.logout()
    await pass(2)
    for (const { exeunt, tab } of others) {
      expect(exeunt.state).toMatchObject({ status: 'signed-out', reason: 'user' })
      expect(tab.left).toEqual(['/goodbye'])
      expect(Object.keys(tab.session)).toEqual([])
    }
    expect(new Set(forgotten)).toEqual(new Set([0, 1, 2]))
    await finish(leaving)
  })

  test('A sign-in in one is asked about by the others', async () => {
    const browser = new SimulatedBrowser(traits)
    const [first, second] = [openPage(browser), openPage(browser)]
    await signInAda(first)
    await pass(1_000)
    expect(second.exeunt.state).toMatchObject({ status: 'signed-in', sessionId: 'ses_1' })
    expect(second.shown).toEqual(['signed-out', 'loading', 'signed-in']) // news that comes twice is heard once
    expect(browser.server.paths).toContain('/api/v1/auth/refresh')
  })

  test('Another person’s sign-in in one drops the first person’s session from the others, caches and all', async () => {
    const browser = new SimulatedBrowser(traits)
    const [first, second] = [openPage(browser), openPage(browser)]
    await signInAda(first)
    await pass(1_000)
    let cleared = 0
    second.exeunt.onForget('queries', () => cleared++)
    await finish(first.exeunt.signIn({ email: 'eve@example.org', password: 'right' }))
    await pass(1_000)
    expect(second.exeunt.state).toMatchObject({ status: 'signed-in', user: { email: 'eve@example.org' } })
    expect(second.shown).toContain('signed-out')
    expect(cleared).toBeGreaterThan(0)
    expect(browser.server.live).toHaveLength(1)
  })

  test('A tab that stays open tells the server of the logout of one that is gone', async () => {
    const browser = new SimulatedBrowser(traits)
    const [first, second] = [openPage(browser), openPage(browser)]
    await signInAda(first)
    await pass(1_000)
    browser.server.weather = 'offline'
    void first.exeunt.logout()
    await pass(5)
    first.tab.crash()
    await pass(60_000)
    expect(second.exeunt.state).toMatchObject({ status: 'signed-out', pending: true })
    browser.server.weather = 'up'
    await pass(60_000)
    expect(browser.server.live).toEqual([])
    expect(second.exeunt.state).toMatchObject({ status: 'signed-out', pending: false })
    expect(browser.local.getItem('exeunt.session')).toBeNull()
  })

  test('A tab that was asleep hears too late of a logout, and leaves the next session alone', async () => {
    const browser = new SimulatedBrowser(traits)
    const [first, second] = [openPage(browser), openPage(browser)]
    await signInAda(first)
    await pass(1_000)
    second.tab.freeze()
    await finish(first.exeunt.logout())
    await signInAda(first)
    await pass(1_000)
    const { live } = browser.server
    first.shown.length = 0
    second.tab.thaw()
    await pass(10_000)
    expect(first.shown).toEqual([])
    expect(first.exeunt.state).toMatchObject({ status: 'signed-in', sessionId: live[0] })
    expect(second.exeunt.state).toEqual(first.exeunt.state)
    expect(browser.server.live).toEqual(live)
  })

  test('Five tabs that wake with a stale token refresh one after another', async () => {
    const browser = new SimulatedBrowser(traits)
    const pages = Array.from({ length: 5 }, () => openPage(browser, { watch: false }))
    if (pages[0]) await signInAda(pages[0])
    await pass(5_000)
    await pass(880_000)
    browser.server.calls.length = 0
    const answers = await finish(Promise.all(pages.map(({ exeunt }) => exeunt.fetch('/api/me'))))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    const refreshes = browser.server.calls.filter(({ path }) => path.endsWith('/refresh'))
    expect(refreshes).toHaveLength(5)
    if (traits.locks !== false) expect(new Set(refreshes.map(({ at }) => at)).size).toBe(5)
    expect(browser.server.thefts).toBe(0)
  })
})

test('A tab that hears of a logout before the storage shows it takes the binder away itself', async () => {
  const browser = new SimulatedBrowser()
  const page = openPage(browser)
  await signInAda(page)
  browser.server.weather = 'offline'
  for (const { channel } of page.tab.channels) channel.onmessage?.(new MessageEvent('message', { data: 'out' }))
  expect(browser.local.getItem('exeunt.session')).toBe('out')
  const next = openPage(browser)
  await pass(60_000)
  expect(next.shown).not.toContain('signed-in')
})

test('Of the tabs that stay open one at a time tells the server', async () => {
  const browser = new SimulatedBrowser()
  const [first, ...others] = Array.from({ length: 6 }, () => openPage(browser))
  if (!first) throw new Error()
  await signInAda(first)
  await pass(1_000)
  browser.server.weather = 'failing'
  void first.exeunt.logout()
  await pass(5)
  first.tab.crash()
  browser.server.calls.length = 0
  await pass(600_000)
  expect(browser.server.calls.length).toBeGreaterThan(15)
  expect(browser.server.calls.length).toBeLessThan(60)
  browser.server.weather = 'up'
  await pass(60_000)
  expect(browser.server.live).toEqual([])
  for (const { exeunt } of others) expect(exeunt.state).toMatchObject({ status: 'signed-out', pending: false })
})

test('A tab that is shown again tells the server of a logout that it has not heard of', async () => {
  const browser = new SimulatedBrowser()
  const [first, second] = [openPage(browser), openPage(browser)]
  await signInAda(first)
  await pass(1_000)
  browser.server.weather = 'offline'
  second.tab.freeze()
  void first.exeunt.logout()
  await pass(5)
  first.tab.crash()
  browser.server.weather = 'up'
  second.tab.thaw()
  await pass(10_000)
  expect(browser.server.live).toEqual([])
  expect(second.exeunt.state).toMatchObject({ status: 'signed-out', pending: false })
})

describe('The back-forward cache', () => {
  const persisted = (type: string) => Object.assign(new Event(type), { persisted: true })

  test('A page that comes back shows nothing until the server has said yes (NAV-5)', async () => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser)
    await signInAda(page)
    page.tab.emit('pagehide', persisted('pagehide'))
    expect(page.tab.channels.size).toBe(0)
    await pass(10)
    expect(browser.locks.holder('exeunt.watch')).toBeUndefined() // a held lock would keep it out of the cache
    page.tab.emit('pageshow', persisted('pageshow'))
    expect(page.exeunt.state.status).toBe('loading')
    await pass(10)
    expect(page.exeunt.state.status).toBe('signed-in')
  })

  test('A page that comes back after a logout elsewhere is signed out before it is seen, and leaves', async () => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser, { afterLogout: '/goodbye' })
    await signInAda(page)
    page.tab.emit('pagehide', persisted('pagehide'))
    const other = openPage(browser)
    await pass(10)
    browser.server.weather = 'offline'
    await finish(other.exeunt.logout())
    page.tab.emit('pageshow', persisted('pageshow'))
    expect(page.exeunt.state.status).toBe('signed-out')
    await pass(10)
    expect(page.tab.left).toHaveLength(1)
  })

  test('A tab that is shown again looks whether it missed something', async () => {
    const browser = new SimulatedBrowser({ channels: false })
    const page = openPage(browser)
    await signInAda(page)
    browser.writer = page.tab // no storage event reaches it
    browser.local.setItem('exeunt.session', 'out')
    expect(page.exeunt.state.status).toBe('signed-in')
    page.tab.emit('visibilitychange')
    expect(page.exeunt.state.status).toBe('signed-out')
  })
})
