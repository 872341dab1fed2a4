import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createExeunt, SignInError } from '../src/index.js'
import { SimulatedBrowser } from './support/browser.js'
import { finish, openPage, pass, signInAda } from './support/people.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('Signing in and staying so', () => {
  test('The binder is all that is stored, and no token is in any storage (STO-1)', async () => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser)
    expect(page.exeunt.state).toEqual({ status: 'signed-out', reason: undefined, pending: false })
    await signInAda(page)
    expect(page.exeunt.state).toMatchObject({
      status: 'signed-in',
      user: { email: 'ada@example.org' },
      sessionId: 'ses_1',
    })
    expect(Object.entries(browser.local)).toEqual([['exeunt.session', 'in:b-ses_1']])
    expect(Object.keys(page.tab.session)).toEqual([])
  })

  test('A new page restores the session from cookie and binder together', async () => {
    const browser = new SimulatedBrowser()
    await signInAda(openPage(browser))
    const next = openPage(browser)
    expect(next.exeunt.state.status).toBe('loading')
    await pass(10)
    expect(next.shown).toEqual(['signed-in'])
    expect(browser.server.calls.find(({ path }) => path.endsWith('/refresh'))?.binder).toBe('b-ses_1')
  })

  test('A cookie without its binder signs nobody in, and is not even asked about', async () => {
    const browser = new SimulatedBrowser()
    await signInAda(openPage(browser))
    browser.tabs[0]?.crash()
    browser.local.clear()
    const before = browser.server.calls.length
    const next = openPage(browser)
    await pass(60_000)
    expect(next.exeunt.state.status).toBe('signed-out')
    expect(browser.server.calls.length).toBe(before)
  })

  test('Signing in first ends what a surviving cookie still holds', async () => {
    const browser = new SimulatedBrowser()
    await signInAda(openPage(browser))
    browser.tabs[0]?.crash()
    browser.local.clear()
    await signInAda(openPage(browser))
    expect([...browser.server.sessions.values()].map((row) => row.ended)).toEqual(['user', undefined])
  })

  test.each([
    ['wrong-credentials', 'up', 'wrong'],
    ['unreachable', 'offline', 'right'],
    ['unreachable', 'failing', 'right'],
    ['unreachable', 'hanging', 'right'],
  ] as const)('A sign-in fails as %s when the server is %s', async (failure, weather, password) => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser)
    browser.server.weather = weather
    const attempt = finish(page.exeunt.signIn({ email: 'ada@example.org', password }))
    await expect(attempt).rejects.toMatchObject({ name: 'SignInError', failure })
    await expect(attempt).rejects.toBeInstanceOf(SignInError)
    expect(page.exeunt.state.status).toBe('signed-out')

    browser.server.weather = 'up'
    await pass(60_000)
    expect(Object.keys(browser.local)).toEqual([])
  })

  test.each(['lives on', 'dies'])(
    'A sign-in whose answer is lost leaves no session behind, when the page %s',
    async (page) => {
      const browser = new SimulatedBrowser()
      const first = openPage(browser)
      const attempt = first.exeunt.signIn({ email: 'ada@example.org', password: 'right' })
      if (page === 'dies') {
        await pass(3) // it is under way
        first.tab.crash()
        await pass(10)
        openPage(browser)
      } else {
        browser.server.weather = 'cut'
        await expect(finish(attempt)).rejects.toMatchObject({ failure: 'unreachable' })
        browser.server.weather = 'up'
      }
      await pass(60_000)
      expect(browser.server.sessions.size).toBe(1)
      expect(browser.server.live).toEqual([])
      expect(Object.keys(browser.local)).toEqual([])
    },
  )

  test('With a full storage a session lasts as long as its page, and can be left', async () => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser)
    const full = new Proxy(page.tab.local, {
      get: (target, name) =>
        name === 'setItem'
          ? () => {
              throw new DOMException('full', 'QuotaExceededError')
            }
          : (Reflect.get(target, name) as unknown),
    })
    Object.defineProperty(page.tab, 'local', { value: full })
    await signInAda(page)
    page.tab.emit('visibilitychange')
    await pass(1_000_000)
    expect((await finish(page.exeunt.fetch('/api/me'))).status).toBe(200)

    browser.server.weather = 'offline'
    expect(await finish(page.exeunt.logout())).toMatchObject({ server: 'pending' })
    browser.server.weather = 'up'
    await pass(60_000)
    expect([page.exeunt.state.status, browser.server.live]).toEqual(['signed-out', []])
  })

  test('A 401 of something before the server ends nothing and confirms nothing', async () => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser)
    await signInAda(page)
    browser.server.weather = 'guarded'
    await pass(880_000)
    expect((await finish(page.exeunt.fetch('/api/me'))).status).toBe(401) // its own affair, after a refresh that nobody of ours has answered
    expect([page.exeunt.state.status, browser.server.live.length]).toEqual(['signed-in', 1])

    expect(await finish(page.exeunt.logout())).toMatchObject({ server: 'pending' })
    browser.server.weather = 'up'
    await pass(60_000)
    expect([browser.server.live, Object.keys(browser.local)]).toEqual([[], []])
  })

  test('A server that is away when the page opens ends nothing: the page waits, and the session is there when it returns', async () => {
    const browser = new SimulatedBrowser()
    await signInAda(openPage(browser))
    browser.server.weather = 'failing'
    const next = openPage(browser)
    await pass(40_000)
    expect(next.exeunt.state).toEqual({ status: 'loading', unreachable: true })
    browser.server.weather = 'up'
    next.tab.emit('online')
    await pass(10)
    expect(next.exeunt.state.status).toBe('signed-in')
  })

  test('A refresh is given up at 0.8 of the rotation window, and given up is not signed out', async () => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser)
    await signInAda(page)
    await pass(880_000)
    browser.server.weather = 'hanging'
    const answer = page.exeunt.fetch('/api/me')
    answer.catch(() => undefined)
    await pass(23_990)
    expect(browser.locks.holder('exeunt.cookie')).toBe(page.tab.id)
    await pass(20)
    expect(browser.locks.holder('exeunt.cookie')).toBeUndefined()
    expect(page.exeunt.state.status).toBe('signed-in')
  })

  test('Time runs from expires_in: a token is renewed before it runs out, and never read (AT-9)', async () => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser, { watch: false })
    await signInAda(page)
    const refreshes = () => browser.server.paths.filter((path) => path.endsWith('/refresh')).length
    await pass(860_000)
    await finish(page.exeunt.fetch('/api/me'))
    expect(refreshes()).toBe(0)
    await pass(15_000)
    expect((await finish(page.exeunt.fetch('/api/me'))).status).toBe(200)
    expect(refreshes()).toBe(1)
  })

  test('A request that comes before `start` waits for the session like any other', async () => {
    const browser = new SimulatedBrowser()
    await signInAda(openPage(browser))
    const tab = browser.open()
    const exeunt = createExeunt({}, tab)
    const early = exeunt.fetch('/api/me')
    exeunt.start()
    expect((await finish(early)).status).toBe(200)
    expect(exeunt.state.status).toBe('signed-in')
  })

  test('A session that has ended at the server ends here at the next refresh', async () => {
    const browser = new SimulatedBrowser()
    const page = openPage(browser, { afterLogout: '/goodbye' })
    await signInAda(page)
    browser.server.end('ses_1', 'admin')
    expect((await finish(page.exeunt.fetch('/api/me'))).status).toBe(401)
    expect(page.exeunt.state).toEqual({ status: 'signed-out', reason: 'unknown', pending: false })
    await pass(10)
    expect(page.tab.left).toEqual(['/goodbye'])
  })
})
