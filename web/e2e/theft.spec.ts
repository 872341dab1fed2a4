import type { Page } from '@playwright/test'
import { enter } from './support/console.js'
import { cookieOf, expect, isIn, isOut, signIn, test, untilLeft } from './support/test.js'

/** A copy of everything that a browser holds, used elsewhere. */

test('RT-5 a copied cookie jar shows itself when it is used late, and nobody stays in', async ({
  server,
  site,
  email,
  newBrowser,
}) => {
  const browser = await newBrowser()
  const page = await browser.newPage()
  await signIn(page, site, email)
  const loot = await browser.storageState() // the cookie and the binder
  expect(loot.cookies).toHaveLength(1)
  expect(loot.origins[0]?.localStorage).toHaveLength(1)
  for (let turn = 0; turn < 2; turn++) await untilTurned(page)

  const elsewhere = await newBrowser({ storageState: loot })
  const thief = await elsewhere.newPage()
  await untilLeft([page], () => thief.goto(`${site.address}/account`)) // at once, through its stream
  await isOut(thief)
  await expect(page.getByRole('status')).toHaveText(
    'This session was used from two places at once, so it was ended to protect you.',
  )
  const other = await server.signIn(email)
  const { sessions } = (await server.ask('GET', '/api/v1/sessions', other.access_token)) as { sessions: unknown[] }
  expect(sessions).toHaveLength(1)

  // And whoever signs in afterwards reads of it on the page of their devices.
  await page.goto(`${server.address}/console`)
  await enter(page, email)
  const ended = page.locator('section', { has: page.getByRole('heading', { name: 'Ended lately' }) })
  await expect(ended.getByRole('listitem')).toContainText(
    'It was used from two places at once, so it was ended to protect you',
  )

  async function untilTurned(owner: Page): Promise<void> {
    const before = await cookieOf(browser)
    await expect(async () => {
      await owner.reload()
      await isIn(owner)
      expect(await cookieOf(browser)).not.toBe(before)
    }).toPass()
  }
})

test('RT-5 a cookie without its binder signs nobody in, and a binder without its cookie neither', async ({
  site,
  email,
  newBrowser,
}) => {
  const browser = await newBrowser()
  const page = await browser.newPage()
  await signIn(page, site, email)
  const { cookies, origins } = await browser.storageState()

  for (const storageState of [
    { cookies, origins: [] },
    { cookies: [], origins },
  ]) {
    const elsewhere = await newBrowser({ storageState })
    const thief = await elsewhere.newPage()
    await thief.goto(`${site.address}/account`)
    await isOut(thief)
  }

  await page.reload()
  await isIn(page)
})
