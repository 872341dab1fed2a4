import type { BrowserContext, Page } from '@playwright/test'
import type { ExeuntServer } from './support/server.js'
import type { Site } from './support/site.js'
import {
  cookieOf,
  expect,
  fillIn,
  isIn,
  isOut,
  secret,
  signIn,
  signOut,
  signOutAndLeave,
  test,
} from './support/test.js'

/** Leaving while the server cannot be told. */

interface Trouble {
  readonly name: string
  begin(server: ExeuntServer, site: Site, browser: BrowserContext): Promise<void> | void
  end(server: ExeuntServer, site: Site, browser: BrowserContext): Promise<void> | void
  readonly signOut: (page: Page) => Promise<void>
}

const passes = (_: ExeuntServer, site: Site) => void (site.fate = () => 'passes')

const troubles: readonly Trouble[] = [
  {
    name: 'the server is stopped',
    begin: (server, site) => {
      site.fate = () => 'refused'
      return server.stop()
    },
    end: async (server, site) => {
      await server.start()
      site.fate = () => 'passes'
    },
    signOut: signOutAndLeave,
  },
  {
    name: 'the network is away',
    begin: (_, __, browser) => browser.setOffline(true),
    end: (_, __, browser) => browser.setOffline(false),
    signOut: async (page) => {
      await signOut(page)
      await isOut(page) // it stays: the browser could only show its own error page
    },
  },
  {
    name: 'the server answers 500',
    begin: (_, site) => void (site.fate = () => 'failed'),
    end: passes,
    signOut: signOutAndLeave,
  },
  {
    name: 'the server hangs',
    begin: (_, site) => void (site.fate = () => 'hangs'),
    end: passes,
    signOut: signOutAndLeave,
  },
]

for (const trouble of troubles) {
  test.describe(`While ${trouble.name}`, () => {
    test('P2 a logout ends here at once, nothing comes back, and the server is told before anything else', async ({
      server,
      site,
      email,
      newBrowser,
    }) => {
      const { browser, page, session } = await signedIn(server, site, email, await newBrowser())
      await trouble.begin(server, site, browser)
      await trouble.signOut(page)
      await expect(page.getByRole('status')).toContainText('The server will be told as soon as it can be reached.')
      await stillOutAfterReload(page, trouble, browser)
      expect(await cookieOf(browser), 'no script can take this cookie away').toBeDefined()
      const known = site.passed.length

      await trouble.end(server, site, browser)
      await page.goto(`${site.address}/account`)
      await isOut(page)
      await expect.poll(() => cookieOf(browser)).toBeUndefined()

      expect(site.asked.slice(known).filter((one) => one !== 'POST /api/v1/auth/logout')).toEqual([])
      expect(await session.isAlive()).toBe(false)
    })

    test('P2 not even storages that are cleared by hand bring anybody back', async ({
      server,
      site,
      email,
      newBrowser,
    }) => {
      const { browser, page, session } = await signedIn(server, site, email, await newBrowser())
      await trouble.begin(server, site, browser)
      await trouble.signOut(page)
      await page.evaluate(() => {
        localStorage.clear()
        sessionStorage.clear()
      })
      await stillOutAfterReload(page, trouble, browser)
      const known = site.passed.length

      await trouble.end(server, site, browser)
      await page.goto(`${site.address}/account`)
      await isOut(page)
      expect(await cookieOf(browser), 'only the cookie is left').toBeDefined()
      await fillIn(page, email)
      await isIn(page)

      expect(site.asked.slice(known, known + 2)).toEqual(['POST /api/v1/auth/logout', 'POST /api/v1/auth/login'])
      expect(await session.isAlive()).toBe(false)
    })
  })
}

test('P6 an outage alone signs nobody out', async ({ server, site, email, newBrowser }) => {
  const { page } = await signedIn(server, site, email, await newBrowser())
  site.fate = () => 'failed'
  await page.reload()
  await expect(page.getByText('The server cannot be reached.')).toBeVisible()
  await expect(secret(page)).toHaveCount(0)

  site.fate = () => 'passes'

  await isIn(page)
})

// Offline a page cannot be loaded at all; then there is nothing to look at.
async function stillOutAfterReload(page: Page, trouble: Trouble, browser: BrowserContext): Promise<void> {
  if (trouble.name === 'the network is away') {
    await page.route('**/api/**', (route) => route.abort('internetdisconnected'))
    await browser.setOffline(false)
    await page.reload()
    await isOut(page)
    await browser.setOffline(true)
    await page.unroute('**/api/**')
  } else {
    await page.reload()
    await isOut(page)
  }
  await expect(secret(page)).toHaveCount(0)
}

async function signedIn(server: ExeuntServer, site: Site, email: string, browser: BrowserContext) {
  const page = await browser.newPage()
  await signIn(page, site, email)
  const other = await server.signIn(email)
  const list = async () =>
    ((await server.ask('GET', '/api/v1/sessions', other.access_token)) as { sessions: { id: string }[] }).sessions
  const mine = (await list()).find(({ id }) => id !== other.session_id)?.id
  expect(mine).toBeDefined()
  return { browser, page, session: { isAlive: async () => (await list()).some(({ id }) => id === mine) } }
}
