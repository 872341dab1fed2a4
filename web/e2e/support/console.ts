import type { BrowserContext, BrowserContextOptions, Page } from '@playwright/test'
import { press, type } from './keyboard.js'
import { administrator, password, type ExeuntServer } from './server.js'
import { test as base, expect } from './test.js'

/** Opens the console in a browser of its own. */
export type OpenConsole = (path?: string, options?: BrowserContextOptions) => Promise<Page>

interface PerTest {
  /** Everything that these pages have done and must not; empty at the end of each test. */
  readonly wrongs: string[]
  readonly openConsole: OpenConsole
}

export const test = base.extend<PerTest>({
  wrongs: async ({}, use) => {
    const wrongs: string[] = []
    await use(wrongs)
    expect(wrongs, 'a violated policy, a foreign request, or a script that failed').toEqual([])
  },
  // Contexts of one process: to start one for each test would take longer than most of them do.
  newBrowser: async ({ chrome }, use) => {
    const opened: BrowserContext[] = []
    await use(async (options) => {
      const browser = await chrome.newContext(options)
      opened.push(browser)
      return browser
    })
    for (const browser of opened) await browser.close()
  },
  openConsole: async ({ server, newBrowser, wrongs }, use) => {
    await use(async (path = '', options) => {
      const browser = await newBrowser(options)
      await watch(browser, server, wrongs)
      const page = await browser.newPage()
      await page.goto(`${server.address}/console${path}`)
      return page
    })
  },
})

/** Whatever a page does against its policy, or asks of anybody but its own server, is written down. */
async function watch(browser: BrowserContext, server: ExeuntServer, wrongs: string[]): Promise<void> {
  await browser.exposeFunction('tellViolation', (what: string) => wrongs.push(what))
  await browser.addInitScript(() => {
    const { tellViolation } = window as never as { tellViolation: (what: string) => void }
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
      tellViolation(`violated ${effectiveDirective}: ${blockedURI} ${sample}`),
    )
  })
  browser.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${server.address}/`) && !url.startsWith('blob:')) wrongs.push(`asked for ${url}`)
  })
  browser.on('weberror', (failure) => wrongs.push(`failed: ${failure.error().message}`))
}

/** Signs in at the console, by keyboard. */
export async function enter(page: Page, email: string, secret = password): Promise<void> {
  await type(page.getByLabel('E-mail address'), email)
  await type(page.getByLabel('Password'), secret)
  await page.keyboard.press('Enter')
  await expect(page.locator('#main')).toBeAttached() // the menu is hidden on a phone
}

/** Opens the console as an administrator, on this page. */
export async function enterAsAdmin(openConsole: OpenConsole, path: string, options?: BrowserContextOptions) {
  const page = await openConsole(path, options)
  await enter(page, administrator)
  return page
}

/** Goes to a page by the menu. */
export async function goTo(page: Page, words: string): Promise<void> {
  await press(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: words, exact: true }))
  await expect(page.getByRole('heading', { level: 1, name: words })).toBeFocused()
}

/** A row of a table, by something that stands in it. */
export function row(page: Page, words: string) {
  return page.getByRole('row').filter({ hasText: words })
}

/** What the page has just told. */
export function news(page: Page) {
  return page.locator('.news')
}

export { expect }
