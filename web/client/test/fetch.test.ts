import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SignedOutError } from '../src/index.js'
import { SimulatedBrowser } from './support/browser.js'
import { finish, openPage, pass, signInAda, type Page } from './support/people.js'

let browser: SimulatedBrowser
let page: Page

beforeEach(async () => {
  vi.useFakeTimers()
  browser = new SimulatedBrowser()
  page = openPage(browser, { apis: ['https://api.example'] })
  await signInAda(page)
})
afterEach(() => void vi.useRealTimers())

const count = (path: string) => browser.server.paths.filter((called) => called === path).length

describe('fetch', () => {
  test.each([
    ['/api/me', true],
    ['https://api.example/api/me', true],
    ['https://elsewhere.example/api/me', false], // the token would be theirs
    ['https://app.example.evil.example/api/me', false],
    ['http://app.example/api/me', false],
  ])('%s gets the token: %s', async (url, expected) => {
    expect((await finish(page.exeunt.fetch(url))).status).toBe(expected ? 200 : 401)
  })

  test('A 401 costs one refresh and one repetition, and the second answer is the caller’s', async () => {
    expect((await finish(page.exeunt.fetch('/api/never'))).status).toBe(401)
    await pass(60_000)
    expect(count('/api/never')).toBe(2)
    expect(count('/api/v1/auth/refresh')).toBe(1)
    expect(page.exeunt.state.status).toBe('signed-in')
  })

  test('Ten requests that are refused at once share one refresh, and repeat their bodies', async () => {
    browser.server.voidTokens()
    const send = (n: number) => page.exeunt.fetch('/api/echo', { method: 'POST', body: JSON.stringify({ n }) })
    const answers = await finish(Promise.all(Array.from({ length: 10 }, (_, n) => send(n))))
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual(
      Array.from({ length: 10 }, (_, n) => ({ n })),
    )
    expect(count('/api/v1/auth/refresh')).toBe(1)
  })

  test('A 401 that comes after another request has refreshed costs no refresh of its own', async () => {
    const real = page.tab.fetch.bind(page.tab)
    let refused: (() => void) | undefined
    page.tab.fetch = async (input, init) => {
      const answer = await real(input, init)
      if (input instanceof Request && input.url.endsWith('/slow') && !refused)
        await new Promise<void>((resolve) => {
          refused = resolve
        })
      return answer
    }
    browser.server.voidTokens()
    const slow = page.exeunt.fetch('/api/me?/slow')
    await finish(page.exeunt.fetch('/api/me'))
    refused?.()
    expect((await finish(slow)).status).toBe(200)
    expect(count('/api/v1/auth/refresh')).toBe(1)
  })

  test('A refresh that the server does not answer leaves the 401 with the caller, and nobody is signed out', async () => {
    browser.server.voidTokens()
    browser.server.failing.add('/api/v1/auth/refresh')
    expect((await finish(page.exeunt.fetch('/api/me'))).status).toBe(401)
    expect(page.exeunt.state.status).toBe('signed-in')
  })

  test('An Authorization header of the caller’s own is left alone', async () => {
    expect((await finish(page.exeunt.fetch('/api/me', { headers: { Authorization: 'Bearer other' } }))).status).toBe(
      401,
    )
    expect(count('/api/me')).toBe(1)
  })

  test('A request under way ends with SignedOutError when the person signs out (NAV-7)', async () => {
    const answer = page.exeunt.fetch('/api/me')
    const refused = expect(answer).rejects.toBeInstanceOf(SignedOutError)
    const leaving = page.exeunt.logout()
    await finish(leaving)
    await refused
  })

  test('The caller’s own abort still works', async () => {
    const own = new AbortController()
    const answer = page.exeunt.fetch('/api/me', { signal: own.signal })
    const refused = expect(answer).rejects.toMatchObject({ name: 'AbortError' })
    own.abort()
    await pass(10)
    await refused
    expect(page.exeunt.state.status).toBe('signed-in')
  })
})
