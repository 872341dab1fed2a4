import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { describeEnd } from '../src/words.js'
import { SimulatedBrowser } from './support/browser.js'
import { openPage, pass, signInAda } from './support/people.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const events = '/api/v1/sessions/current/events'

describe('The end of a session elsewhere', () => {
  test('One of six tabs holds the stream, and all six say why', async () => {
    const browser = new SimulatedBrowser()
    browser.server.hasStream = true
    const pages = Array.from({ length: 6 }, () => openPage(browser))
    if (pages[0]) await signInAda(pages[0])
    await pass(100)
    expect(browser.server.streamsOf('ses_1')).toBe(1)
    browser.server.end('ses_1', 'logout_all')
    await pass(20)
    for (const { exeunt } of pages)
      expect(exeunt.state).toEqual({ status: 'signed-out', reason: 'logout_all', pending: false })
    expect(describeEnd('logout_all')).toBe('Signed out on all devices.')

    const next = openPage(browser)
    expect(next.exeunt.state).toMatchObject({ status: 'signed-out', reason: 'logout_all' })
    await pass(61_000)
    expect(openPage(browser).exeunt.state).toMatchObject({ reason: undefined })
    expect(Object.keys(browser.local)).toEqual([])
  })

  test('When the tab with the stream closes, another one takes it over', async () => {
    const browser = new SimulatedBrowser()
    browser.server.hasStream = true
    const [first, second] = [openPage(browser), openPage(browser)]
    await signInAda(first)
    await pass(100)
    const holder = browser.locks.holder('exeunt.watch')
    for (const { tab } of [first, second]) if (tab.id === holder) tab.crash()
    await pass(100)
    const left = holder === first.tab.id ? second : first
    expect(browser.locks.holder('exeunt.watch')).toBe(left.tab.id)
    browser.server.end('ses_1', 'admin')
    await pass(20)
    expect(left.exeunt.state).toMatchObject({ reason: 'admin' })
  })

  test('A stream that tells late of an old session’s end leaves the next session alone', async () => {
    const browser = new SimulatedBrowser()
    browser.server.hasStream = true
    const [first, second] = [openPage(browser), openPage(browser)]
    await signInAda(first)
    await pass(100)
    const holder = browser.locks.holder('exeunt.watch')
    const [watcher, other] = holder === first.tab.id ? [first, second] : [second, first]
    watcher.tab.freeze()
    browser.server.streamLatency = 500
    await signInAda(other)
    await pass(1_000)
    expect(other.exeunt.state.status).toBe('signed-in')
    watcher.tab.thaw()
    await pass(1_000)
    expect(other.exeunt.state.status).toBe('signed-in')
    expect(watcher.exeunt.state).toEqual(other.exeunt.state)
    expect(browser.server.live).toHaveLength(1)
  })

  test('The token is renewed in time, so that the stream never ends while the session lives', async () => {
    const browser = new SimulatedBrowser()
    browser.server.hasStream = true
    const page = openPage(browser)
    await signInAda(page)
    await pass(100)
    for (let beats = 0; beats < 4 * 60; beats++) {
      await pass(15_000)
      browser.server.beat()
    }
    expect(browser.server.paths.filter((path) => path === events)).toHaveLength(1)
    expect(browser.server.paths.filter((path) => path === '/api/v1/auth/refresh')).toHaveLength(4)
    browser.server.end('ses_1', 'admin')
    await pass(20)
    expect(page.exeunt.state).toMatchObject({ status: 'signed-out', reason: 'admin' })
  })

  test('A server without the stream is asked once and left in peace', async () => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser)
    await signInAda(page)
    await pass(3_600_000)
    expect(browser.server.paths.filter((path) => path === events)).toHaveLength(1)
    expect(page.exeunt.state.status).toBe('signed-in')
  })

  test('A server that is away is asked ever more rarely, and nobody is signed out', async () => {
    const browser = new SimulatedBrowser()
    browser.server.failing.add(events)
    const page = openPage(browser)
    await signInAda(page)
    await pass(600_000)
    const asked = browser.server.paths.filter((path) => path === events).length
    expect(asked).toBeGreaterThan(15)
    expect(asked).toBeLessThan(60)
    expect(page.exeunt.state.status).toBe('signed-in')
  })

  test('Without watching, an open page asks for nothing by itself', async () => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser, { watch: false })
    await signInAda(page)
    browser.server.calls.length = 0
    await pass(3_600_000)
    expect(browser.server.calls).toEqual([])
    expect(page.exeunt.state.status).toBe('signed-in')
  })
})

test.each(['admin', 'a_word_of_a_newer_server', 'toString'])('There is a sentence for the reason %s', (reason) => {
  expect(describeEnd(reason)).toMatch(/^[A-Z].*\.$/)
})
