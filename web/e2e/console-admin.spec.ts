import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { enterAsAdmin, expect, goTo, news, row, test } from './support/console.js'
import { answer, choose, press, reach, select, type } from './support/keyboard.js'

/** What administrators do at the console, without a mouse. */

test('Sessions are found by the beginning of a name, filtered, and the address says what is shown', async ({
  server,
  email,
  openConsole,
}) => {
  const name = `Zora ${email.split('@')[0] ?? ''}`
  const other = `other.${email}`
  const id = await server.register(other, name)
  const [first, second] = [await server.signIn(other, 'Kitchen radio'), await server.signIn(other, 'Car')]
  await server.ask('DELETE', '/api/v1/sessions/current', second.access_token)
  const page = await enterAsAdmin(openConsole, '/sessions')

  await type(page.getByLabel('Person or session'), name.slice(0, -1))
  await page.keyboard.press('Enter')
  await press(page.getByRole('link', { name }).first())
  await expect(page).toHaveURL(`${server.address}/console/sessions?user=${id}`)
  await expect(row(page, 'Kitchen radio')).toContainText('Signed in')
  await expect(row(page, 'Car')).toContainText('Signed out')

  await select(page.getByLabel('State'), 'Signed in now')
  await expect(row(page, 'Car')).toHaveCount(0)
  const colleague = await enterAsAdmin(
    openConsole,
    new URL(page.url()).pathname.slice('/console'.length) + new URL(page.url()).search,
  )
  await expect(row(colleague, 'Kitchen radio')).toBeVisible()
  await expect(row(colleague, 'Car')).toHaveCount(0)

  await type(page.getByLabel('Person or session'), first.session_id)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('row')).toHaveCount(2) // its head, and the one session
  await press(page.getByRole('button', { name: 'End the session on Kitchen radio' }))
  await answer(page, 'End the session')
  await expect(row(page, 'Kitchen radio')).toContainText('Ended by an administrator')
  expect(await server.letsIn(first)).toEqual({ access: false, refresh: false })

  await type(page.getByLabel('Person or session'), 'nobody at all')
  await page.keyboard.press('Enter')
  await expect(page.getByText("Nobody's e-mail address or name begins with “nobody at all”.")).toBeVisible()
})

test('Long listings come in pages, and Back leads to the one before', async ({ server, email, openConsole }) => {
  await Promise.all(Array.from({ length: 51 }, (_, at) => server.bringSession(email, `${email} ${at}`)))
  const page = await enterAsAdmin(openConsole, `/sessions?alive=true`)
  await expect(page.getByRole('row')).toHaveCount(51) // fifty, and the head
  const first = await page.getByRole('row').nth(1).getByTitle(/^ses_/).getAttribute('title')

  await press(page.getByRole('link', { name: 'Next page' }))
  await expect(page.getByRole('link', { name: 'To the newest' })).toBeVisible()
  await expect(page.getByTitle(first ?? '')).toHaveCount(0)
  await expect(page.getByRole('row').nth(1)).toBeVisible()

  await page.goBack()
  await expect(page.getByTitle(first ?? '')).toBeVisible()
})

test('One person is ended after a look at what it will hit and a typed confirmation', async ({
  server,
  email,
  openConsole,
}) => {
  const devices = [await server.signIn(email), await server.signIn(email)]
  const page = await enterAsAdmin(openConsole, '/overview')
  await goTo(page, 'End sessions')

  await type(page.getByLabel('E-mail address or id'), 'nobody@example.com')
  await page.keyboard.press('Enter')
  await expect(page.getByText('No account has exactly this e-mail address or id.')).toBeVisible()
  await type(page.getByLabel('E-mail address or id'), email)
  await page.keyboard.press('Enter')
  await expect(page.getByText('2 sessions are alive and would end now.')).toBeVisible()
  for (const device of devices) expect((await server.letsIn(device)).access).toBe(true)

  await press(page.getByRole('button', { name: 'End 2 sessions…' }))
  const confirm = page.getByRole('dialog').getByRole('button', { name: 'End 2 sessions' })
  await type(page.getByLabel(`Type “${email}” to go on`), 'something else')
  await page.keyboard.press('Enter')
  await expect(confirm).toHaveAttribute('aria-disabled', 'true')
  expect((await server.call('GET', '/api/v1/users/me', devices[0]?.access_token)).status).toBe(200)
  await type(page.getByLabel(`Type “${email}” to go on`), email)
  await press(confirm)

  await expect(page.getByText(/^2 sessions have ended/)).toBeVisible()
  for (const device of devices) expect(await server.letsIn(device)).toEqual({ access: false, refresh: false })
  await press(page.getByRole('link', { name: 'Show the audit trail' }))
  await expect(row(page, 'Sessions ended').first()).toContainText('Ended by an administrator, 2 sessions')
})

test('Everyone is ended, the administrator too, and is told why', async ({ server, email, openConsole }) => {
  const device = await server.signIn(email)
  const page = await enterAsAdmin(openConsole, '/end')
  await choose(page.getByRole('radio', { name: 'Everyone' }))
  await expect(page).toHaveURL(/scope=everyone/)

  await press(page.getByRole('button', { name: 'See what it will hit' }))
  await expect(page.getByText('Your own sessions are among them')).toBeVisible()
  await press(page.getByRole('button', { name: /^End \d+ sessions…$/ }))
  await type(page.getByLabel('Type “everyone” to go on'), 'everyone')
  await page.keyboard.press('Enter')

  await expect(page.getByText('Everybody was signed out of this service.')).toBeVisible()
  expect(await server.letsIn(device)).toEqual({ access: false, refresh: false })
})

test('An account is disabled, enabled and erased on its page', async ({ server, email, openConsole }) => {
  const id = await server.register(`ada.${email}`, 'Ada')
  const device = await server.signIn(`ada.${email}`)
  const page = await enterAsAdmin(openConsole, '/people')
  await type(page.getByLabel('Person'), `ada.${email}`)
  await page.keyboard.press('Enter')
  await press(page.getByRole('link', { name: 'Ada', exact: true }))
  await expect(page).toHaveURL(`${server.address}/console/people/${id}`)

  await press(page.getByRole('button', { name: 'Disable' }))
  await answer(page, 'Disable the account')
  await expect(news(page)).toContainText('Ada is disabled; 1 session ended.')
  expect(await server.letsIn(device)).toEqual({ access: false, refresh: false })
  await press(page.getByRole('button', { name: 'Enable' }))
  await expect(news(page)).toContainText('Ada may sign in again.')
  const again = await server.signIn(`ada.${email}`)
  await page.reload()
  await press(page.getByRole('button', { name: 'End all sessions' }))
  await answer(page, 'End 1 session')
  await expect(news(page)).toContainText('1 session of Ada ended.')
  expect(await server.letsIn(again)).toEqual({ access: false, refresh: false })

  await press(page.getByRole('button', { name: 'Erase…' }))
  await type(page.getByLabel('Type “erase” to go on'), 'erase')
  await page.keyboard.press('Enter')
  await expect(news(page)).toContainText('The person is erased.')
  await expect(page.getByText(`ada.${email}`)).toHaveCount(0)
})

test('The audit trail is verified with progress, also against a checkpoint that does not fit', async ({
  openConsole,
}) => {
  const page = await enterAsAdmin(openConsole, '/audit')
  const shown = await progressOf(page)
  await press(page.getByRole('button', { name: 'Verify the trail' }))
  await expect(page.getByText(/The chain holds: [\d,]+ entries in 1 chain/)).toBeVisible()
  expect(await shown()).toContain('Verifying')

  await press(page.getByText('Hold it against a checkpoint that you kept elsewhere'))
  await type(page.getByLabel('Checkpoint, or its hash'), 'A'.repeat(43))
  await press(page.getByRole('button', { name: 'Verify the trail' }))
  await expect(page.getByText('The trail is broken.')).toBeVisible()
})

test('The entries that fit the filters are exported', async ({ server, email, openConsole }) => {
  await server.ask('DELETE', '/api/v1/sessions/current', (await server.signIn(email)).access_token)
  const page = await enterAsAdmin(openConsole, '/audit')
  const shown = await progressOf(page)
  await type(page.getByLabel('Person'), email)
  await select(page.getByLabel('What'), 'Session ended')
  await press(page.getByRole('button', { name: 'Search' }))
  await expect(page).toHaveURL(/user=usr_\w+.*action=session_ended|action=session_ended.*user=usr_\w+/)
  await expect(page.getByText(`About ${email} only.`)).toBeVisible()
  await expect(page.getByRole('row')).toHaveCount(2)

  const lines = (await exported(page, 'JSONL, verifiable', 'audit.jsonl')).trim().split('\n')
  expect(lines.filter((line) => line.includes('session_ended'))).toHaveLength(1)
  expect(lines.filter((line) => line.includes('signed_in'))).toHaveLength(0)
  const csv = (await exported(page, 'CSV', 'audit.csv')).trim().split(/\r?\n/)
  expect(csv).toHaveLength(2)
  expect(csv[1]).toContain('session_ended')
  expect(await shown()).toContain('Exporting')
})

test('The overview shows what has happened, in numbers as well', async ({ server, email, openConsole }) => {
  await server.ask('DELETE', '/api/v1/sessions/current', (await server.signIn(email)).access_token)
  const page = await enterAsAdmin(openConsole, '/overview')
  await press(page.getByRole('link', { name: 'Last 24 hours' }))
  await expect(page).toHaveURL(/range=day/)
  await press(page.getByText('Show the numbers'))
  await reach(page.getByRole('region', { name: /as numbers$/ }))
  const newest = page
    .getByRole('region', { name: /as numbers$/ })
    .getByRole('row')
    .last()
  await expect(newest.getByRole('cell').first()).toHaveText(/^[1-9]/)
  await press(page.getByRole('link', { name: 'Signed out', exact: true }))
  await expect(page.getByRole('heading', { level: 1, name: 'Audit trail' })).toBeVisible()
  await expect(page).toHaveURL(/reason=user/)
})

/** Which bars of progress a page has shown from now on, by name. */
async function progressOf(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const seen: string[] = ((window as { seen?: string[] }).seen = [])
    new MutationObserver(() => {
      for (const bar of document.querySelectorAll('progress')) seen.push(bar.getAttribute('aria-label') ?? '')
    }).observe(document.body, { childList: true, subtree: true })
  })
  return () => page.evaluate(() => (window as { seen?: string[] }).seen ?? [])
}

async function exported(page: Page, button: string, name: string): Promise<string> {
  const coming = page.waitForEvent('download')
  await press(page.getByRole('button', { name: button }))
  const download = await coming
  expect(download.suggestedFilename()).toBe(name)
  return readFile(await download.path(), 'utf8')
}
