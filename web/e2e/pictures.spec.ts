import { Guard } from '@exeunt/express'
import type { Page } from '@playwright/test'
import { fileURLToPath } from 'node:url'
import { enter, expect, test } from './support/console.js'
import { administrator, ExeuntServer } from './support/server.js'

/** The pictures of docs/images, taken again by EXEUNT_PICTURES=1 npm run test:browser -- pictures, of what `serve --demo` shows. */

const picture = (name: string) => fileURLToPath(new URL(`../../docs/images/console-${name}.png`, import.meta.url))
const quiet = () => undefined

const iPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'

test('The pictures of the documentation', async ({ newBrowser }) => {
  test.setTimeout(300_000) // a dozen pages on a machine that may be busy; nothing is measured
  const server = await ExeuntServer.start({}, '--demo')
  const credentials = await credentialsOf(server)
  const secret = server.said(/Their password, shown this once: (\S+)/)
  const guards = ['orders-1', 'orders-2', 'billing-1'].map(
    (instance) =>
      new Guard({
        ...credentials,
        servers: [server.address],
        issuer: server.address,
        audiences: ['exeunt'],
        log: { info: quiet, warn: quiet, error: quiet },
        name: instance.split('-')[0] ?? '',
        instance,
      }),
  )
  try {
    const light = await (await newBrowser({ viewport: { width: 1280, height: 860 } })).newPage()
    await light.goto(`${server.address}/console/sessions?alive=true`)
    await enter(light, administrator)
    await expect(light.getByRole('row').nth(20)).toContainText(/Ada|Grace|Edsger|Barbara|Donald|Margaret|Alan|Radia/)
    await take(light, 'sessions')
    await light.goto(`${server.address}/console/end`)
    await light.getByLabel('E-mail address or id').fill('grace@example.com')
    await light.keyboard.press('Enter')
    await light.getByRole('button', { name: /^End \d+ sessions?…$/ }).click()
    await expect(light.getByRole('dialog')).toBeVisible()
    await take(light, 'end')

    const dark = await (await newBrowser({ viewport: { width: 1280, height: 860 }, colorScheme: 'dark' })).newPage()
    await dark.goto(`${server.address}/console/audit`)
    await enter(dark, administrator)
    await dark.getByRole('button', { name: 'Verify the trail' }).click()
    await expect(dark.getByText('The chain holds')).toBeVisible()
    await expect(dark.getByRole('row').nth(20)).toBeVisible()
    await take(dark, 'audit')

    const phone = { viewport: { width: 375, height: 760 }, colorScheme: 'dark', userAgent: iPhone } as const
    const hand = await (await newBrowser(phone)).newPage()
    await hand.goto(`${server.address}/console/devices`)
    await enter(hand, 'ada@example.com', secret)
    await expect(hand.getByRole('listitem').nth(4)).toBeVisible()
    await take(hand, 'devices')

    for (const guard of guards) await guard.start()
    await endSome(server)
    await light.goto(`${server.address}/console/guards`)
    await expect(light.getByText('Everything')).toHaveCount(3)
    await take(light, 'guards')
    await light.goto(`${server.address}/console/overview`)
    await expect(light.locator('.bars li').nth(3)).toBeVisible()
    await expect(light.locator('.plot rect').first()).toBeVisible()
    await light.setViewportSize({ width: 1280, height: 1000 })
    await take(light, 'overview')
  } finally {
    for (const guard of guards) await guard.stop()
    await server.dispose()
  }
})

/** Nothing has the focus, and nothing moves any more. */
async function take(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0)
  await page.evaluate(() => document.querySelector('dialog') ?? (document.activeElement as HTMLElement | null)?.blur())
  await page.screenshot({ path: picture(name), animations: 'disabled' })
}

/** Credentials for the guards. */
async function credentialsOf(server: ExeuntServer): Promise<{ clientId: string; clientSecret: string }> {
  const { access_token } = await server.signIn(administrator)
  const added = await server.ask('POST', '/api/v1/admin/clients', access_token, {
    name: 'orders-api',
    scopes: ['feed', 'introspect'],
  })
  const { client, secret } = added as { client: { id: string }; secret: string }
  return { clientId: client.id, clientSecret: secret }
}

/** Something for the guards to measure: a few sign-ins and endings of now. */
async function endSome(server: ExeuntServer): Promise<void> {
  await server.register('katherine@example.com', 'Katherine Johnson')
  for (let one = 0; one < 12; one++) {
    const { access_token } = await server.signIn('katherine@example.com', undefined, iPhone)
    await server.ask('DELETE', '/api/v1/sessions/current', access_token)
  }
}
