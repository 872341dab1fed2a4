import { expect, isIn, isOut, signIn, signOut, test, untilLeft } from './support/test.js'

/** Tabs and browsers that hear of each other. */

test('A logout in one tab signs the other tabs out, whatever the server does meanwhile', async ({
  site,
  email,
  newBrowser,
}) => {
  const browser = await newBrowser()
  const [page, second, third] = [await browser.newPage(), await browser.newPage(), await browser.newPage()]
  await signIn(page, site, email)
  for (const other of [second, third]) {
    await other.goto(`${site.address}/account`)
    await isIn(other)
  }
  site.fate = () => 'hangs'

  await untilLeft([second, third, page], () => signOut(page))
})

test('However many tabs are open, one of them holds the stream', async ({ site, email, newBrowser }) => {
  const browser = await newBrowser()
  const page = await browser.newPage()
  await signIn(page, site, email)
  const others = []
  for (let i = 0; i < 4; i++) {
    const other = await browser.newPage()
    await other.goto(`${site.address}/account`)
    await isIn(other)
    others.push(other)
  }
  await expect.poll(() => site.openStreams).toBe(1)

  await page.close() // it held it
  await expect.poll(() => site.openStreams).toBe(1)
  await others[0]?.close()

  await expect.poll(() => site.openStreams).toBe(1)
})

test('Log out everywhere signs the other browser out, and it says why', async ({ site, email, newBrowser }) => {
  const [here, there] = [await (await newBrowser()).newPage(), await (await newBrowser()).newPage()]
  await signIn(here, site, email)
  await signIn(there, site, email)
  await expect.poll(() => site.openStreams).toBe(2)

  await here.getByRole('button', { name: 'Sign out on all devices' }).click()
  await untilLeft([here, there], () => here.getByRole('button', { name: 'Yes, sign out everywhere' }).click())

  await expect(there.getByRole('status')).toHaveText('Signed out on all devices.')
})

test('A device that is ended in the list of devices is out, and says so', async ({ site, email, newBrowser }) => {
  const [here, there] = [await (await newBrowser()).newPage(), await (await newBrowser()).newPage()]
  await signIn(there, site, email)
  await signIn(here, site, email)
  await expect.poll(() => site.openStreams).toBe(2)
  const devices = here.getByRole('region', { name: 'Where you are signed in' })
  await expect(devices.getByRole('listitem')).toHaveCount(2)

  await devices.getByRole('button', { name: /^Sign out Chrome/ }).click()
  await untilLeft([there], () => devices.getByRole('button', { name: 'Yes, sign out' }).click())

  await expect(there.getByRole('status')).toHaveText('Signed out from another device.')
  await expect(devices.getByRole('listitem')).toHaveCount(1)
  await isIn(here)
})

test('An ending that a page could not hear is noticed when it is used, and others keep their session', async ({
  server,
  site,
  email,
  newBrowser,
}) => {
  const [here, there] = [await (await newBrowser()).newPage(), await (await newBrowser()).newPage()]
  await signIn(here, site, email)
  await signIn(there, site, email)
  site.fate = ({ path }) => (path.endsWith('/events') ? 'failed' : 'passes')
  await there.reload() // now without its stream
  await isIn(there)
  const other = await server.signIn(email)
  await server.ask('DELETE', '/api/v1/sessions/others', other.access_token)

  await there.reload()

  await isOut(there)
  expect((await server.call('GET', '/api/v1/users/me', other.access_token)).status).toBe(200)
})
