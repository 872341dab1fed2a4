import { enter, expect, goTo, news, test } from './support/console.js'
import { answer, press, type } from './support/keyboard.js'
import { password } from './support/server.js'

/** What everybody can do at the console, without a mouse. */

test('A person ends one of their devices, and it is refused at once', async ({ server, email, openConsole }) => {
  const [phone, tablet] = [await server.signIn(email, 'My phone'), await server.signIn(email, 'My tablet')]
  const page = await openConsole()
  await enter(page, email)
  await expect(page).toHaveURL(/\/console\/devices$/)
  const now = page.locator('section', { has: page.getByRole('heading', { name: 'Signed in now' }) })
  await expect(now.getByRole('listitem')).toHaveCount(3)
  await expect(now.getByRole('listitem').first()).toContainText(/Chrome on Linux.*This device/)
  expect(await server.letsIn(phone)).toEqual({ access: true, refresh: true })

  await press(now.getByRole('button', { name: 'Sign out My phone' }))
  await expect(page.getByRole('button', { name: 'Cancel' }), 'the harmless answer').toBeFocused()
  await page.keyboard.press('Escape')
  await expect(now.getByRole('button', { name: 'Sign out My phone' }), 'the focus comes back').toBeFocused()
  await page.keyboard.press('Enter')
  await answer(page, 'Sign out')

  await expect(news(page)).toContainText('My phone is signed out.')
  await expect(now.getByRole('listitem')).toHaveCount(2)
  await expect(page.getByText('Signed in now'), 'and not where the button was').toBeFocused()
  expect(await server.letsIn(phone)).toEqual({ access: false, refresh: false })
  expect(await server.letsIn(tablet)).toEqual({ access: true, refresh: true })
  const ended = page.locator('section', { has: page.getByRole('heading', { name: 'Ended lately' }) })
  await expect(ended.getByRole('listitem')).toContainText(/My phone.*You signed it out from another device/)
})

test('A person signs out all other devices, and stays', async ({ server, email, openConsole }) => {
  const others = [await server.signIn(email), await server.signIn(email)]
  const page = await openConsole()
  await enter(page, email)

  await press(page.getByRole('button', { name: 'Sign out the others' }))
  await answer(page, 'Sign out the others')

  await expect(news(page)).toContainText('2 other devices signed out.')
  for (const other of others) expect(await server.letsIn(other)).toEqual({ access: false, refresh: false })
  await page.reload()
  await expect(page.getByRole('heading', { name: 'My devices' })).toBeVisible()
})

test('Signing out everywhere reaches another browser that shows the console, and it says why', async ({
  email,
  openConsole,
}) => {
  const [here, there] = [await openConsole(), await openConsole('/password')]
  const listening = there.waitForResponse((answer) => answer.url().endsWith('/sessions/current/events'))
  for (const page of [here, there]) await enter(page, email)
  await listening

  await press(here.getByRole('button', { name: 'Sign out everywhere' }))
  await answer(here, 'Sign out everywhere')

  await expect(there.getByText('Signed out on all devices.')).toBeVisible()
  for (const page of [here, there]) {
    await expect(page).toHaveURL(/\/console\/sign-in$/)
    await page.goto(page.url().replace('/sign-in', '/devices'))
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  }
})

test('Somebody registers, changes the password, and signs out', async ({ server, openConsole }, info) => {
  const email = `new.${info.workerIndex}.${info.repeatEachIndex}.${info.retry}@example.com`
  const page = await openConsole()
  await press(page.getByRole('link', { name: 'Register' }))
  await expect(page.getByRole('heading', { name: 'Register' })).toBeVisible()

  await type(page.getByLabel('E-mail address'), email)
  await type(page.getByLabel('Name'), 'Grace Hopper')
  await type(page.getByLabel('Password'), '12345678')
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true') // and the server says what is wrong with it
  await expect(page.getByRole('alert').filter({ hasText: /./ })).toBeVisible()
  await type(page.getByLabel('Password'), password)
  await page.keyboard.press('Enter')
  await expect(page.getByText('Grace Hopper')).toBeVisible()
  const other = await server.signIn(email)

  await goTo(page, 'Password')
  await type(page.getByLabel('Current password'), 'not this one')
  await type(page.getByLabel('New password'), 'seven-brass-kettles-09')
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Current password')).toHaveAttribute('aria-invalid', 'true')
  await type(page.getByLabel('Current password'), password)
  await page.keyboard.press('Enter')
  await expect(news(page)).toContainText('Your password is changed, and 1 other device signed out.')
  expect(await server.letsIn(other)).toEqual({ access: false, refresh: false })

  await press(page.getByRole('button', { name: 'Sign out', exact: true }))
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await type(page.getByLabel('E-mail address'), email)
  await type(page.getByLabel('Password'), password)
  await page.keyboard.press('Enter')
  await expect(page.getByText('The e-mail address or the password is wrong.')).toBeVisible()
  await enter(page, email, 'seven-brass-kettles-09')
})

test('Somebody registers while the server goes away, and need not do it again', async ({ openConsole }, info) => {
  const page = await openConsole('/register')
  await page.route('**/auth/login', (route) => route.abort())
  await type(page.getByLabel('E-mail address'), `lost.${info.workerIndex}.${info.repeatEachIndex}@example.com`)
  await type(page.getByLabel('Password'), password)
  await page.keyboard.press('Enter')
  await expect(page.getByText('The server does not answer. Check the connection and try again.')).toBeVisible()

  await page.unroute('**/auth/login')
  await page.keyboard.press('Enter')

  await expect(page.getByRole('heading', { name: 'My devices' })).toBeVisible()
})

test('The administration is for administrators', async ({ server, email, openConsole }) => {
  const page = await openConsole('/audit')
  await enter(page, email)

  await expect(page.getByText('There is no such page, or it is for administrators.')).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Administration' })).toHaveCount(0)
  const person = await server.signIn(email)
  for (const path of ['overview', 'sessions', 'accounts', 'audit', 'guards', 'clients', 'keys'])
    expect((await server.call('GET', `/api/v1/admin/${path}`, person.access_token)).status, path).toBe(403)
})

test('P2 a person signs out although the server is away, and is out when it is back', async ({
  server,
  email,
  openConsole,
}) => {
  const page = await openConsole()
  await enter(page, email)
  await server.stop()

  await press(page.getByRole('button', { name: 'Sign out', exact: true }))
  const untold = page.getByText('The server will be told as soon as it can be reached.')
  await expect(untold).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await expect(page).toHaveURL(/\/console\/sign-in$/)

  await server.start()
  await expect(untold).toBeHidden()
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await enter(page, email)
  await expect(page.getByText('Signed in now')).toBeVisible()
})
