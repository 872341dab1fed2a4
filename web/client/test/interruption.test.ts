import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SimulatedBrowser } from './support/browser.js'
import { finish, openPage, pass, signInAda } from './support/people.js'
import type { Weather } from './support/server.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const options = {
  watch: false,
  afterLogout: '/goodbye',
  forget: { localStorage: ['orders'], sessionStorage: 'all' },
} as const

/** Signs in, logs out, and has the page crash before a given step of the logout. Answers with the steps that were taken. */
async function logOutAndCrash(browser: SimulatedBrowser, before: number, weather: Weather, everywhere: boolean) {
  const page = openPage(browser, options)
  await signInAda(page)
  browser.local.setItem('orders', 'hers')
  page.tab.steps.length = 0
  Object.assign(page.tab, { crashBefore: before })
  browser.server.weather = weather
  browser.server.calls.length = 0
  void (everywhere ? page.exeunt.logoutEverywhere() : page.exeunt.logout())
  await pass(3_000)
  page.tab.crash()
  return page.tab.steps
}

const weathers: readonly Weather[] = ['up', 'offline', 'failing', 'hanging', 'deaf']
const cases = weathers.flatMap((weather) => [false, true].map((everywhere) => ({ weather, everywhere })))

describe.each(cases)('A logout (everywhere: $everywhere) with the server $weather', ({ weather, everywhere }) => {
  test('may be interrupted at any step: nothing signs the person in, and the server is told before anything else', async () => {
    const steps = [...(await logOutAndCrash(new SimulatedBrowser(), Infinity, weather, everywhere))]
    expect(steps.length).toBeGreaterThanOrEqual(5)
    expect(steps[0]).toBe('write exeunt.session=out')

    for (let before = 1; before <= steps.length; before++) {
      const browser = new SimulatedBrowser()
      await logOutAndCrash(browser, before, weather, everywhere)
      const wasTold = browser.server.live.length === 0
      browser.server.weather = 'up'
      browser.server.calls.length = 0

      const next = openPage(browser, options)
      expect(next.exeunt.state.status, `first sight after a crash before ${steps[before] ?? 'the end'}`).toBe(
        'signed-out',
      )
      await pass(60_000)
      expect(next.shown, `after a crash before ${steps[before] ?? 'the end'}`).not.toContain('signed-in')
      if (!wasTold) expect(browser.server.paths[0]).toBe('/api/v1/auth/logout')
      expect(browser.server.paths).not.toContain('/api/v1/auth/refresh')
      expect(browser.server.live).toEqual([])
      expect(Object.keys(browser.local)).toEqual([])
      expect(next.exeunt.state).toMatchObject({ status: 'signed-out', pending: false })
    }
  })

  test('that was cut off, with all storage cleared by hand, still signs nobody in, and the next sign-in ends the old session first', async () => {
    const browser = new SimulatedBrowser()
    await logOutAndCrash(browser, 2, weather, everywhere)
    browser.local.clear()
    browser.server.weather = 'up'
    const [old] = browser.server.sessions.values()
    const next = openPage(browser, options)
    await pass(60_000)
    expect(next.shown).not.toContain('signed-in')
    await signInAda(next)
    expect(old?.ended).toBe('user')
  })
})

test('A crash before the first step is no logout: the session is there again', async () => {
  const browser = new SimulatedBrowser()
  await logOutAndCrash(browser, 0, 'up', false)
  const next = openPage(browser, options)
  await pass(10)
  expect(next.exeunt.state.status).toBe('signed-in')
  await finish(next.exeunt.logout())
})

test('A page that dies while it settles an old logout leaves the rest to the next one', async () => {
  const reached = new Set<string>()
  for (let before = 0; before < 6; before++) {
    const browser = new SimulatedBrowser()
    await logOutAndCrash(browser, 3, 'offline', false)
    browser.server.weather = 'up'
    const dying = openPage(browser, options, before)
    await pass(60_000)
    for (const step of dying.tab.steps) reached.add(step)
    dying.tab.crash()
    const next = openPage(browser, options)
    await pass(60_000)
    expect([...dying.shown, ...next.shown]).not.toContain('signed-in')
    expect(browser.server.live).toEqual([])
    expect(Object.keys(browser.local)).toEqual([])
  }
  expect([...reached]).toContain('fetch /api/v1/auth/logout')
  expect([...reached]).toContain('remove exeunt.session')
})
