import {
  test as base,
  chromium,
  expect,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from '@playwright/test'
import { chromiumProgram } from './places.js'
import { ExeuntServer, password } from './server.js'
import { Site } from './site.js'

/** Opens another browser of somebody: no cookie and no storage is shared with the others. */
export type NewBrowser = (options?: BrowserContextOptions) => Promise<BrowserContext>

interface PerTest {
  /** The app's web server, with a network of its own. */
  readonly site: Site
  /** An account that only this test knows. */
  readonly email: string
  readonly newBrowser: NewBrowser
}

interface PerWorker {
  readonly server: ExeuntServer
  /** A browser process without back-forward cache, for tests that have nothing to do with it. */
  readonly chrome: Browser
}

let people = 0

export const test = base.extend<PerTest, PerWorker>({
  server: [
    async ({}, use) => {
      const server = await ExeuntServer.start()
      await use(server)
      await server.dispose()
    },
    { scope: 'worker' },
  ],
  chrome: [
    async ({}, use) => {
      const chrome = await chromium.launch({ executablePath: chromiumProgram })
      await use(chrome)
      await chrome.close()
    },
    { scope: 'worker' },
  ],
  site: async ({ server }, use) => {
    const site = await Site.start(() => server.address)
    await use(site)
    site.stop()
  },
  email: async ({ server }, use, info) => {
    const email = `person${++people}.${info.workerIndex}@example.com`
    await server.register(email)
    await use(email)
  },
  // A process for each test, and closed as a whole: a single context whose pages lie in the back-forward cache does not always close.
  newBrowser: async ({}, use) => {
    const chrome = await chromium.launch({
      executablePath: chromiumProgram,
      ignoreDefaultArgs: ['--disable-back-forward-cache'], // people have it on
    })
    await use((options) => chrome.newContext(options))
    await chrome.close()
  },
})

/** What only somebody who is signed in may see. */
export const secret = (page: Page) => page.getByText('Signed in as')

/** Signs in at the public page; the protected page opens. */
export async function signIn(page: Page, site: Site, email: string): Promise<void> {
  await page.goto(site.address)
  await fillIn(page, email)
  await isIn(page)
}

/** Fills in the form and sends it. */
export async function fillIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** The page shows what it protects. */
export async function isIn(page: Page): Promise<void> {
  await expect(secret(page)).toBeVisible()
}

/** The page is the public one, with its form, and shows nothing of what is protected. */
export async function isOut(page: Page): Promise<void> {
  await expect(page.getByLabel('Password')).toBeVisible()
  await expect(page).toHaveURL(/\/$/)
  await expect(secret(page)).toHaveCount(0)
}

/** Presses the LogoutButton. */
export function signOut(page: Page): Promise<void> {
  return page.getByRole('button', { name: 'Sign out', exact: true }).click()
}

/** Signs out and waits until the page has been left for the public one. */
export function signOutAndLeave(page: Page): Promise<void> {
  return untilLeft([page], () => signOut(page))
}

/**
 * Does what makes pages be left for the public one, and waits until all have been. They show that nobody is signed in before that, and to the same
 * address only `load` tells. What is asked of a page at the very moment it is left may never be answered, so nothing is asked before.
 */
export async function untilLeft(pages: readonly Page[], act: () => unknown): Promise<void> {
  const left = Promise.all(pages.map((page) => page.waitForEvent('load')))
  await act()
  await left
  for (const page of pages) await isOut(page)
}

/** The server has confirmed a logout. The page does not wait for it before it shows that nobody is signed in. */
export async function serverKnows(site: Site): Promise<void> {
  const confirmed = () => site.passed.some(({ path, status }) => path === '/api/v1/auth/logout' && status === 200)
  await expect.poll(confirmed).toBe(true)
}

/** The refresh token in the browser's jar; undefined when there is none. */
export async function cookieOf(browser: BrowserContext): Promise<string | undefined> {
  return (await browser.cookies()).find(({ name }) => name === '__Host-exeunt')?.value
}

/** The newest access token that a page has sent. */
export function tokenOf(site: Site): string {
  const token = site.passed.filter((one) => one.token !== undefined).at(-1)?.token
  if (token === undefined) throw new Error('No page has sent a token.')
  return token
}

export { expect }
