import type { BrowserContext, Page } from '@playwright/test'
import type { AxeResults, RunOptions } from 'axe-core'
import axe from 'axe-core'
import { expect } from './test.js'

/** How a page is looked at: both themes, on a desk and in a hand. */
const looks = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'light', width: 375 },
  { colorScheme: 'dark', width: 375 },
] as const

/** Has axe-core in every page that this browser opens from now on, past the pages' policies, as a browser's extension is. */
export async function bringAxe(browser: BrowserContext): Promise<void> {
  await browser.addInitScript({ content: axe.source })
}

/** What axe-core finds wrong with the page as it stands, and what does not fit on it, in every look; nothing. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  const before = page.viewportSize()
  for (const { colorScheme, width } of looks) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height: 900 })
    expect(await page.evaluate(judge), `${what}, ${colorScheme}, ${width} px`).toEqual([])
  }
  if (before) await page.setViewportSize(before)
}

/** Runs in the page. All rules that axe-core has, good practice included. */
async function judge(): Promise<string[]> {
  const { axe: here } = window as never as { axe: { run(page: Document, how: RunOptions): Promise<AxeResults> } }
  const { violations, passes } = await here.run(document, {
    resultTypes: ['violations'], // of the others, the first example is enough
  })
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ''}`).join('\n  ')}`,
  )
  if (passes.length === 0) found.push('axe-core looked at nothing')
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page is wider than the window')
  return found
}
