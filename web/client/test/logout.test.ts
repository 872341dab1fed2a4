import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SimulatedBrowser } from './support/browser.js'
import { finish, openPage, pass, signInAda, type Page } from './support/people.js'
import type { Weather } from './support/server.js'

let browser: SimulatedBrowser
let page: Page

beforeEach(async () => {
  vi.useFakeTimers()
  browser = new SimulatedBrowser()
  page = openPage(browser, {
    afterLogout: '/goodbye',
    watch: false,
    forget: { localStorage: 'all', sessionStorage: ['draft', /^cart/] },
  })
  await signInAda(page)
  browser.local.setItem('theirs', 'x')
  for (const key of ['draft', 'cart:1', 'theme']) page.tab.session.setItem(key, 'x')
})
afterEach(() => void vi.useRealTimers())

describe('Logging out', () => {
  test('It goes from the inside out: binder, tabs, server, redirect (NAV-7)', async () => {
    page.tab.steps.length = 0
    await finish(page.exeunt.logout())
    expect(page.tab.steps.filter((step) => !step.includes('lock') && !step.includes('theirs'))).toEqual([
      'write exeunt.session=out',
      'broadcast',
      'fetch /api/v1/auth/logout',
      'remove exeunt.session',
      'leave',
    ])
  })

  test('Nobody is signed in before anything else has happened, in the very call', () => {
    browser.server.weather = 'hanging'
    void page.exeunt.logout()
    expect(page.exeunt.state).toEqual({ status: 'signed-out', reason: 'user', pending: true })
    expect(Object.entries(browser.local)).toContainEqual(['exeunt.session', 'out'])
  })

  test('It says that the server confirmed, and that nothing survived', async () => {
    expect(await finish(page.exeunt.logout())).toEqual({ server: 'confirmed', survived: [] })
    expect(browser.server.live).toEqual([])
    expect(browser.cookie).toBeUndefined()
    expect(Object.keys(browser.local)).toEqual([])
    expect(Object.keys(page.tab.session)).toEqual(['theme'])
    expect(page.tab.left).toEqual(['/goodbye'])
    expect(page.exeunt.state).toMatchObject({ pending: false })
  })

  test.each(['offline', 'failing', 'hanging', 'deaf'] as const)(
    'A server that is %s never fails it, and is told before anybody signs in again',
    async (weather: Weather) => {
      browser.server.weather = weather
      const from = Date.now()
      expect(await finish(page.exeunt.logout())).toMatchObject({ server: 'pending', survived: [] })
      expect(Date.now() - from).toBeLessThanOrEqual(1_400) // virtual time: the limit of 1 s and the turn for the cookie
      expect(page.tab.left).toHaveLength(1)
      expect(Object.keys(browser.local)).toEqual(['exeunt.session'])

      page.tab.crash()
      const away = openPage(browser)
      await pass(30_000)
      expect(away.shown).not.toContain('signed-in')
      expect(away.exeunt.state).toMatchObject({ status: 'signed-out', pending: true })
      await expect(finish(away.exeunt.signIn({ email: 'ada@example.org', password: 'right' }))).rejects.toMatchObject({
        failure: 'unreachable',
      })

      browser.server.weather = 'up'
      browser.server.calls.length = 0
      away.tab.emit('online')
      await pass(45_000) // a try that hangs ends after 10 s, the next begins within 30 s
      expect(browser.server.paths[0]).toBe('/api/v1/auth/logout')
      expect(browser.server.live).toEqual([])
      expect(away.exeunt.state).toMatchObject({ status: 'signed-out', pending: false })
      expect(Object.keys(browser.local)).toEqual([])
    },
  )

  test('An answer that is not the server’s, such as a portal’s page, confirms nothing', async () => {
    page.tab.fetch = () => Promise.resolve(new Response('<html>Welcome to this hotel</html>'))
    expect(await finish(page.exeunt.logout())).toMatchObject({ server: 'pending' })
  })

  test('Twice at once is once', async () => {
    const [first, second] = [page.exeunt.logout(), page.exeunt.logout()]
    expect(second).toBe(first)
    await finish(first)
    expect(browser.server.paths.filter((path) => path.endsWith('/logout'))).toHaveLength(2) // the other one came before the sign-in
  })

  test('A late answer to a refresh resurrects nothing (NAV-7)', async () => {
    await pass(880_000)
    const asked = page.exeunt.fetch('/api/me')
    asked.catch(() => undefined)
    await pass(1)
    const leaving = page.exeunt.logout()
    await finish(leaving)
    await pass(60_000)
    expect(page.shown.slice(page.shown.indexOf('signed-out', 1))).not.toContain('signed-in')
    expect(page.exeunt.state.status).toBe('signed-out')
    expect(Object.keys(browser.local)).toEqual([])
  })

  test.each([
    ['this tab', true],
    ['a tab that this one has not heard yet', false],
  ])('An answer that was already here when %s signed out resurrects nothing either', async (_, inThisTab) => {
    await pass(880_000)
    const real = page.tab.fetch.bind(page.tab)
    // The answer is let through when the logout has begun: an abort comes too late for it.
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    page.tab.fetch = async (input, init) => {
      const answer = await real(input, { ...init, signal: null })
      if (typeof input === 'string' && input.endsWith('/refresh')) await held
      return answer
    }
    void page.exeunt.fetch('/api/me').catch(() => undefined)
    await pass(10)
    page.shown.length = 0
    if (inThisTab) void page.exeunt.logout()
    else {
      browser.writer = page.tab // no storage event tells it
      browser.local.setItem('exeunt.session', 'out')
    }
    release()
    await pass(5)
    expect(page.shown).not.toContain('signed-in')
    expect(page.tab.steps.filter((step) => step === 'write exeunt.session=in')).toHaveLength(1)
    expect(browser.local.getItem('exeunt.session') ?? '').not.toMatch(/^in:/)
    const { status } = await finish(page.exeunt.fetch('/api/me'))
    expect(status).toBe(401)
  })

  test('A logout that overtakes a sign-in wins, and the new session is ended too', async () => {
    await finish(page.exeunt.logout())
    const entering = page.exeunt.signIn({ email: 'ada@example.org', password: 'right' })
    const refused = expect(entering).rejects.toMatchObject({ name: 'SignedOutError' })
    await pass(3) // the sign-in is under way
    const leaving = page.exeunt.logout()
    await finish(leaving)
    await refused
    await pass(60_000)
    expect(page.exeunt.state.status).toBe('signed-out')
    expect(browser.server.live).toEqual([])
    expect(Object.keys(browser.local)).toEqual([])
  })
})

describe('Logging out everywhere', () => {
  test('It says how many sessions ended', async () => {
    const other = new SimulatedBrowser()
    Object.assign(other, { server: browser.server })
    await signInAda(openPage(other))
    expect(await finish(page.exeunt.logoutEverywhere())).toEqual({
      server: 'confirmed',
      endedSessions: 2,
      survived: [],
    })
    expect(browser.server.live).toEqual([])
    expect(browser.cookie).toBeUndefined()
  })

  test('With a token that has run out it gets one that no session ever sees', async () => {
    await pass(901_000)
    expect(await finish(page.exeunt.logoutEverywhere())).toMatchObject({ server: 'confirmed', endedSessions: 1 })
    expect(page.shown.filter((status) => status === 'signed-in')).toHaveLength(1)
  })

  test('It never claims what the server did not confirm', async () => {
    browser.server.weather = 'offline'
    const result = await finish(page.exeunt.logoutEverywhere())
    expect(result.server).toBe('pending')
    expect(result.endedSessions).toBeUndefined()
  })
})
