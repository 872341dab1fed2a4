import type { Page } from '@playwright/test'
import { StoredProfile } from './support/profile.js'
import {
  cookieOf,
  expect,
  isIn,
  isOut,
  secret,
  serverKnows,
  signIn,
  signOut,
  signOutAndLeave,
  test,
  tokenOf,
  untilLeft,
} from './support/test.js'

/** The five acceptance criteria of the browser contract. */

test('NAV-1 after a logout the session is invalid', async ({ server, site, email, newBrowser }) => {
  const page = await (await newBrowser()).newPage()
  await signIn(page, site, email)
  const other = await server.signIn(email)
  const sessions = async () =>
    (
      (await server.ask('GET', '/api/v1/sessions', other.access_token)) as {
        sessions: { id: string; current: boolean }[]
      }
    ).sessions
  expect(await sessions()).toHaveLength(2)

  await signOutAndLeave(page)
  await serverKnows(site)

  expect((await sessions()).map(({ current }) => current)).toEqual([true])
})

test('NAV-1 after a logout both tokens are refused', async ({ server, site, email, newBrowser }) => {
  const browser = await newBrowser()
  const page = await browser.newPage()
  await signIn(page, site, email)
  const access = tokenOf(site)
  const refresh = await cookieOf(browser)
  const binder = await page.evaluate(() => localStorage.getItem('exeunt.session')?.slice('in:'.length))
  expect(refresh).toMatch(/^exr_/)
  expect((await server.call('GET', '/api/v1/users/me', access)).status).toBe(200)

  await signOutAndLeave(page)
  await serverKnows(site)

  expect((await server.call('GET', '/api/v1/users/me', access)).status).toBe(401)
  expect((await server.call('POST', '/api/v1/auth/refresh', undefined, { refresh_token: refresh })).status).toBe(401)
  const byCookie = await fetch(`${server.address}/api/v1/auth/refresh`, {
    method: 'POST',
    headers: { Cookie: `__Host-exeunt=${refresh ?? ''}`, 'X-Exeunt-Cookie': binder ?? '' },
  })
  expect(byCookie.status).toBe(401)
})

test('NAV-1 a logout leads to the public page and leaves no entry of the page it was made on', async ({
  site,
  email,
  newBrowser,
}) => {
  const page = await (await newBrowser()).newPage()
  await signIn(page, site, email)
  const entries = await page.evaluate(() => history.length)

  await signOutAndLeave(page)

  expect(page.url()).toBe(`${site.address}/`)
  expect(await page.evaluate(() => history.length)).toBe(entries)
})

test.describe('After a logout the protected page is unreachable', () => {
  test('NAV-5 by its address', async ({ site, email, newBrowser }) => {
    const page = await (await newBrowser()).newPage()
    await signIn(page, site, email)
    await signOutAndLeave(page)
    await serverKnows(site)
    const asked = site.asked.length

    await page.goto(`${site.address}/account`)
    await isOut(page)

    expect(site.asked.slice(asked)).toEqual([]) // it need not even ask
  })

  test('NAV-5 by Back, from the back-forward cache', async ({ site, email, newBrowser }) => {
    const page = await (await newBrowser()).newPage()
    const firstSeen = await watchComingBack(page)

    // Chromium may drop a page from its back-forward cache at any time: again until one has come out of it. None may show anything.
    await expect(async () => {
      await page.goto(site.address)
      await signIn(page, site, email)
      await goHome(page, email)
      await signOutAndLeave(page)

      await page.evaluate(() => history.back()).catch(() => undefined) // it leaves again at once
      await isOut(page)
      await expect
        .poll(() => firstSeen.length, { message: 'the page came from the back-forward cache', timeout: 5_000 })
        .toBeGreaterThan(0)
    }).toPass()

    for (const text of firstSeen) expect(text).not.toContain('Signed in as')
  })

  test('NAV-5 by Back while somebody is signed in it is shown again, after the server has said yes', async ({
    site,
    email,
    newBrowser,
  }) => {
    const page = await (await newBrowser()).newPage()
    const firstSeen = await watchComingBack(page)
    await signIn(page, site, email)
    await goHome(page, email)

    await page.goBack({ waitUntil: 'commit' })
    await isIn(page)

    expect(firstSeen.length, 'the page came from the back-forward cache').toBeGreaterThan(0)
    for (const text of firstSeen) expect(text).not.toContain('Signed in as')
  })

  test('NAV-5 in a second tab', async ({ site, email, newBrowser }) => {
    const browser = await newBrowser()
    const [page, second] = [await browser.newPage(), await browser.newPage()]
    await signIn(page, site, email)
    await second.goto(`${site.address}/account`)
    await isIn(second)

    await untilLeft([page, second], () => signOut(page))

    await second.reload()
    await isOut(second)
  })

  test('NAV-5 in a tab that is restored with its history', async ({ site, email }) => {
    const profile = await StoredProfile.create()
    try {
      const before = await profile.open()
      const page = await before.newPage()
      await signIn(page, site, email)
      await profile.close()

      // That tabs are restored at all, and people with them.
      const meanwhile = await profile.open()
      await expect.poll(() => meanwhile.pages().map((one) => one.url())).toContain(`${site.address}/account`)
      const restored = meanwhile.pages().find((one) => one.url().endsWith('/account')) as Page
      await isIn(restored)
      const another = await meanwhile.newPage()
      await another.goto(`${site.address}/account`)
      await isIn(another)
      await restored.goto('about:blank')
      await signOutAndLeave(another)
      await profile.close()

      const after = await profile.open()
      await expect.poll(() => after.pages().length).toBeGreaterThan(1)
      let cameBack = 0
      for (const one of after.pages()) {
        if (one.url() === 'about:blank' && (await one.evaluate(() => history.length)) > 1) {
          cameBack++
          await one.evaluate(() => history.back()).catch(() => undefined)
          await isOut(one) // and not a page that is still loading
        }
        await expect(secret(one)).toHaveCount(0)
      }
      expect(cameBack, 'the tab was restored with its history').toBe(1)
      const typed = await after.newPage()
      await typed.goto(`${site.address}/account`)
      await isOut(typed)
      for (const one of after.pages()) await expect(secret(one)).toHaveCount(0)
    } finally {
      await profile.dispose()
    }
  })
})

test('NAV-4 after a logout the browser holds nothing of the person', async ({ site, email, newBrowser }) => {
  const browser = await newBrowser()
  const page = await browser.newPage()
  await signIn(page, site, email)
  await page.evaluate(async () => {
    localStorage.setItem('draft', 'for my eyes only')
    sessionStorage.setItem('step', '2')
    await new Promise((resolve, reject) => {
      const opening = indexedDB.open('orders', 1)
      opening.onupgradeneeded = () => opening.result.createObjectStore('rows').put('a secret', 1)
      opening.onsuccess = () => {
        opening.result.close()
        resolve(undefined)
      }
      opening.onerror = reject
    })
    await (await caches.open('answers')).put('/mine', new Response('a secret'))
  })
  const cookies = async () => (await browser.cookies()).map(({ name }) => name)
  const before = { ...(await page.evaluate(kept)), cookies: await cookies() }
  expect(before).toEqual({
    localStorage: ['draft', 'exeunt.session'],
    sessionStorage: ['step'],
    databases: ['orders'],
    caches: ['answers'],
    queries: ['["exeunt","devices"', '["me"]'],
    cookies: ['__Host-exeunt'],
  })

  // Listed in the page that was signed in, from when it is about to be left; what follows is held back meanwhile, so that a slow server is told from here.
  let letGo: () => void = () => undefined
  site.pagesWaitFor = new Promise<void>((resolve) => (letGo = resolve))
  let onLeaving: unknown
  await page.exposeFunction('report', (all: unknown) => (onLeaving = all))
  await page.evaluate(
    `navigation.addEventListener('navigate', async function list() {
      report(await (${kept.toString()})())
      setTimeout(list, 100)
    })`,
  )
  const pressed = signOut(page) // on a busy machine the press itself waits for the page that is held back
  await expect.poll(() => onLeaving).toEqual(nothing)
  await untilLeft([page], () => letGo())
  await pressed

  expect(await page.evaluate(kept)).toEqual(nothing)
  expect(await cookies()).toEqual([])
})

const nothing = { localStorage: [], sessionStorage: [], databases: [], caches: [], queries: [] }

/** What a page keeps, by name. Runs in the page. */
async function kept() {
  const queries = (
    window as never as { __TANSTACK_QUERY_CLIENT__: { getQueryCache(): { getAll(): { queryHash: string }[] } } }
  ).__TANSTACK_QUERY_CLIENT__
  return {
    localStorage: Object.keys(localStorage).sort(),
    sessionStorage: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
    queries: queries
      .getQueryCache()
      .getAll()
      .map(({ queryHash }) => queryHash.replace(/,"ses_.*/, ''))
      .sort(),
  }
}

/** What a page shows when it comes out of the back-forward cache, once everybody on it has been told: before anything is painted. */
async function watchComingBack(page: Page): Promise<string[]> {
  const seen: string[] = []
  await page.exposeFunction('cameBack', (text: string) => seen.push(text))
  await page.addInitScript(() => {
    const { cameBack } = window as never as { cameBack: (text: string) => void }
    // Last of all listeners, because it is added when the page is left.
    const look = () =>
      addEventListener('pageshow', ({ persisted }) => persisted && cameBack(document.body.innerText), { once: true })
    addEventListener('pagehide', look)
  })
  return seen
}

/** Goes to the public page when the protected one has all its answers, so that nothing under way keeps it out of the back-forward cache. */
async function goHome(page: Page, email: string): Promise<void> {
  await expect(page.getByRole('listitem')).toHaveCount(1)
  await page.getByRole('link', { name: 'Home' }).click()
  await expect(page.getByText(`You are ${email}`)).toBeVisible()
}
