import type { BrowserContext, Page } from '@playwright/test'
import { randomBytes } from 'node:crypto'
import { rotationWindow } from './support/places.js'
import { StoredProfile } from './support/profile.js'
import type { ExeuntServer } from './support/server.js'
import type { Fate, Site } from './support/site.js'
import { cookieOf, expect, isIn, signIn, test } from './support/test.js'

/** Networks that lose, repeat and delay answers, and browsers that die: none of it may look like theft (P6). */

const rounds = process.env['EXEUNT_TEST_LONG'] === '1' ? 500 : 50

test('P6 five tabs on a bad network stay signed in', async ({ server, site, email, newBrowser }, info) => {
  const seed = Number(process.env['EXEUNT_TEST_SEED'] ?? randomBytes(4).readUInt32LE())
  info.annotations.push({ type: 'seed', description: `EXEUNT_TEST_SEED=${seed}` })
  const chance = seeded(seed)
  const browser = await newBrowser()
  const tabs = [await browser.newPage()]
  await signIn(tabs[0] as Page, site, email)
  while (tabs.length < 5) tabs.push(await open(browser, site))
  const bad = new BadNetwork(site, chance)

  let turns = 0
  let last = await cookieOf(browser)
  for (let round = 0; round < rounds; round++) {
    bad.newRound()
    await Promise.all(
      tabs.map(async (tab, at) => {
        const what = chance()
        if (what < 0.06) await tab.reload()
        else if (what < 0.1) tabs[at] = await dieAndOpenAgain(tab, browser, site)
        else await tab.evaluate(askAgain)
      }),
    )
    const now = await cookieOf(browser)
    if (now !== last) turns++
    last = now
  }
  bad.end()

  for (const tab of tabs) await isIn(tab)
  expect(site.passed.filter(({ path, status }) => path.endsWith('/refresh') && status === 401)).toEqual([])
  expect(await endings(server, email)).toEqual([])
  expect(turns, 'the token turned often').toBeGreaterThan(rounds / 10)
  expect([...bad.met.keys()].sort()).toEqual(kinds.map(nameOf).sort())
  info.annotations.push({ type: 'measured', description: `${turns} turns of the token; ${[...bad.met].join(', ')}` })
})

test('P6 a browser that is killed loses its newest cookie, and nobody is signed out', async ({ site, email }) => {
  const profile = await StoredProfile.create()
  try {
    const first = await profile.open()
    await signIn(await first.newPage(), site, email)
    const cookie = await cookieOf(first)
    await profile.close()
    const putBack = await profile.rememberCookies()

    // One turn of the token, which the disk never hears of: browsers write their jar half a minute late.
    const second = await profile.open()
    await expect.poll(() => second.pages().some((page) => page.url().endsWith('/account'))).toBe(true)
    const restored = second.pages().find((page) => page.url().endsWith('/account')) as Page
    await isIn(restored)
    while ((await cookieOf(second)) === cookie) {
      await restored.reload()
      await isIn(restored)
    }
    await profile.kill()
    await putBack()
    const known = site.passed.length

    const third = await profile.open()
    const page = await third.newPage()
    await page.goto(`${site.address}/account`)
    await isIn(page)

    const refreshes = site.passed.slice(known).filter(({ path }) => path.endsWith('/refresh'))
    expect(refreshes[0]?.cookie, 'it came back with the older cookie').toBe(`__Host-exeunt=${cookie ?? ''}`)
    expect(refreshes.map(({ status }) => status)).not.toContain(401)
  } finally {
    await profile.dispose()
  }
})

const kinds: readonly Fate[] = ['answer lost', 'answer swallowed', 'asked twice', 'refused', 'failed', { late: 100 }]

const nameOf = (fate: Fate): string => (typeof fate === 'object' ? 'late' : fate)

/** Chooses the fate of what is asked: each kind once, then by chance. Refuses each access token once it is a round old, as an API whose clock is ahead does: so each tab refreshes. */
class BadNetwork {
  /** How often each thing happened to a refresh. */
  readonly met = new Map<string, number>()
  #since = 0

  constructor(
    private readonly site: Site,
    private readonly chance: () => number,
  ) {
    site.fate = ({ path, token }) => {
      if (path.endsWith('/refresh')) return this.#choose()
      return path.endsWith('/users/me') && !this.#isFresh(token) ? 'unauthorized' : 'passes'
    }
  }

  newRound(): void {
    this.#since = this.site.passed.length
  }

  end(): void {
    this.site.fate = () => 'passes'
  }

  #isFresh(token: string | undefined): boolean {
    return this.site.passed
      .slice(this.#since)
      .some(({ json }) => (json as { access_token?: string } | undefined)?.access_token === token)
  }

  #choose(): Fate {
    const fate = kinds[this.met.size] ?? this.#byChance()
    if (fate !== 'passes') this.met.set(nameOf(fate), (this.met.get(nameOf(fate)) ?? 0) + 1)
    return fate
  }

  #byChance(): Fate {
    const [what, much] = [this.chance(), this.chance()]
    if (what < 0.05) return 'answer lost'
    if (what < 0.08) return 'answer swallowed'
    if (what < 0.2) return 'asked twice'
    if (what < 0.24) return 'refused'
    if (what < 0.28) return 'failed'
    return what < 0.5 ? { late: 0.8 * rotationWindow * much ** 2 } : 'passes'
  }
}

/** Has the page ask its API once more. Runs in the page. */
async function askAgain(): Promise<void> {
  const { __TANSTACK_QUERY_CLIENT__: queries } = window as never as {
    __TANSTACK_QUERY_CLIENT__: { refetchQueries(what: object): Promise<void> }
  }
  await queries.refetchQueries({ queryKey: ['me'] })
}

async function open(browser: BrowserContext, site: Site): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(`${site.address}/account`)
  return page
}

/** The tab's process crashes, in the midst of whatever it did. */
async function dieAndOpenAgain(tab: Page, browser: BrowserContext, site: Site): Promise<Page> {
  void tab.evaluate(askAgain).catch(() => undefined)
  const crashed = tab.waitForEvent('crash')
  void tab.goto('chrome://crash').catch(() => undefined)
  await crashed
  await tab.close()
  return open(browser, site)
}

/** What an administrator would be told of false alarms: the person's ended sessions. */
async function endings(server: ExeuntServer, email: string): Promise<unknown[]> {
  const other = await server.signIn(email)
  const { sessions } = (await server.ask('GET', '/api/v1/sessions', other.access_token)) as { sessions: object[] }
  return sessions.length === 2 ? [] : [`there are ${sessions.length} sessions alive`]
}

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
