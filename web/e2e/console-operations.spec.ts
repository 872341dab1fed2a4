import { Guard } from '@exeunt/express'
import { enter, enterAsAdmin, expect, goTo, news, row, test } from './support/console.js'
import { answer, press, tick, type } from './support/keyboard.js'
import { administrator, ExeuntServer, password } from './support/server.js'

const quiet = () => undefined

/** Clients and their guards, keys, and the fresh sign-in that they need; without a mouse. */

test('A client is added, its guard is seen at work, and it is gone with the client', async ({
  server,
  email,
  openConsole,
}) => {
  const name = `orders ${email.split('@')[0] ?? ''}`
  const page = await enterAsAdmin(openConsole, '/guards')
  await press(page.getByRole('button', { name: 'Add a client' }))
  await type(page.getByLabel('Name'), name)
  await tick(page.getByRole('checkbox', { name: /^introspect/ }))
  await answer(page, 'Add')
  const clientId = await page.getByLabel('Client id').inputValue()
  const clientSecret = await page.getByLabel('Secret', { exact: true }).inputValue()
  await answer(page, 'I have kept it')
  await expect(row(page, clientId)).toContainText(name)
  await expect(page.getByText(clientSecret)).toHaveCount(0)

  const guard = new Guard({
    servers: [server.address],
    issuer: server.address,
    audiences: ['exeunt'],
    clientId,
    clientSecret,
    name: `${name} guard`,
    log: { info: quiet, warn: quiet, error: quiet },
  })
  await guard.start()
  try {
    const guarded = row(page, `${name} guard`)
    await expect(guarded).toContainText('nothing yet')
    await server.ask('DELETE', '/api/v1/sessions/current', (await server.signIn(email)).access_token)
    await expect(guarded).toContainText('Everything')
    await expect(guarded).toContainText(/\d+(\.\d)? m?s.*99 of 100 within \d/)
    await goTo(page, 'Overview')
    const tile = page.locator('.tile', { hasText: 'Until an ending is enforced' })
    await expect(tile).toContainText(/\d m?s.*99 of 100 within \d/)
    await expect(page.locator('.tile', { hasText: 'Guards following' })).toContainText('All up to date')

    await goTo(page, 'Guards and clients')
    await press(page.getByRole('button', { name: `Remove ${name}` }))
    await type(page.getByLabel(`Type “${name}” to go on`), name)
    await page.keyboard.press('Enter')
    await expect(news(page)).toContainText(`${name} has no credentials any more.`)
    await expect(guarded).toHaveCount(0)
  } finally {
    await guard.stop()
  }
})

test('Keys are rotated, and a revoked one opens nothing any more while the console goes on', async ({
  server,
  email,
  openConsole,
}) => {
  const page = await enterAsAdmin(openConsole, '/keys')
  const signing = page.getByRole('table', { name: 'Signing keys' })
  const inUse = signing.getByRole('row').filter({ hasText: 'In use' })
  const key = (await inUse.locator('code').textContent()) ?? ''
  const device = await server.signIn(email)

  await press(page.getByRole('button', { name: 'Rotate now' }))
  await answer(page, 'Rotate')
  await expect(signing.getByRole('row').filter({ hasText: 'Next' })).toHaveCount(1)
  await expect(page.getByText('The next key waits for its time.')).toBeVisible()

  await press(page.getByRole('button', { name: `Revoke ${key}` }))
  await type(page.getByLabel('Type “revoke” to go on'), 'revoke')
  await page.keyboard.press('Enter')
  await expect(news(page)).toContainText('The key is revoked.')
  await expect(signing.getByText(key)).toHaveCount(0)
  await expect(inUse).toHaveCount(1)
  expect(await server.letsIn(device)).toEqual({ access: false, refresh: true }) // the session lives on
})

test('What hits many asks for a fresh sign-in, and then for what was wanted once more', async ({ newBrowser }) => {
  const strict = await ExeuntServer.start({ Exeunt__Endings__StepUp: '1s' })
  try {
    const page = await (await newBrowser()).newPage()
    await page.goto(`${strict.address}/console/guards`)
    await enter(page, administrator)
    const again = page.getByRole('dialog', { name: 'Sign in again first' })
    const added = page.getByRole('button', { name: 'I have kept it' })
    await expect(async () => {
      await press(page.getByRole('button', { name: 'Add a client' }))
      await type(page.getByLabel('Name'), 'orders')
      await answer(page, 'Add')
      await expect(again.or(added)).toBeVisible()
      if (await added.isVisible()) await press(added) // the sign-in was still fresh enough
      expect(await again.isVisible()).toBe(true)
    }).toPass()

    await type(again.getByLabel('Password'), password)
    await page.keyboard.press('Enter')
    await expect(news(page)).toContainText('Signed in again. Nothing was changed yet')
    await expect(page.getByRole('heading', { name: 'Guards and clients' })).toBeVisible()
  } finally {
    await strict.dispose()
  }
})
