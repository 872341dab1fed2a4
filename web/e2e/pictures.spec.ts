import { fileURLToPath } from 'node:url'
import { Guard } from '@exeunt/express'
import { enter, enterAsAdmin, expect, goTo, test } from './support/console.js'
import { answer, press, tick, type } from './support/keyboard.js'
import type { ExeuntServer } from './support/server.js'

/** The pictures of docs/images, taken again by EXEUNT_PICTURES=1 npm run test:browser -- pictures. */

const picture = (name: string) => fileURLToPath(new URL(`../../docs/images/console-${name}.png`, import.meta.url))

const people = [
  ['ada', 'Ada Lovelace'],
  ['grace', 'Grace Hopper'],
  ['edsger', 'Edsger Dijkstra'],
  ['barbara', 'Barbara Liskov'],
  ['donald', 'Donald Knuth'],
] as const

const devices = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36',
]

test('The pictures of the documentation', async ({ server, openConsole }) => {
  const desk = { viewport: { width: 1280, height: 860 } }
  const phone = { viewport: { width: 375, height: 760 }, colorScheme: 'dark', userAgent: devices[1] ?? '' } as const
  for (const [name, words] of people) await server.register(`${name}@example.com`, words)
  const page = await enterAsAdmin(openConsole, '/guards', desk)
  await press(page.getByRole('button', { name: 'Add a client' }))
  await type(page.getByLabel('Name'), 'orders-api')
  await tick(page.getByRole('checkbox', { name: /^introspect/ }))
  await answer(page, 'Add')
  const [clientId, clientSecret] = [
    await page.getByLabel('Client id').inputValue(),
    await page.getByLabel('Secret', { exact: true }).inputValue(),
  ]
  await answer(page, 'I have kept it')
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const guards = ['orders-1', 'orders-2', 'billing-1'].map(
    (instance) =>
      new Guard({
        ...{ servers: [server.address], issuer: server.address, audiences: ['exeunt'], clientId, clientSecret, log },
        name: instance.split('-')[0] ?? '',
        instance,
      }),
  )
  for (const guard of guards) await guard.start()
  try {
    for (const name of ['orders-1', 'orders-2', 'billing-1']) await expect(page.getByText(name)).toBeVisible()
    await live(server)
    await expect(page.getByText('Everything')).toHaveCount(3)
    await page.screenshot({ path: picture('guards') })

    await goTo(page, 'Overview')
    await press(page.getByRole('link', { name: 'Last 24 hours' }))
    await expect(page.locator('.bars li').first()).toBeVisible()
    await page.locator('h1').focus()
    await page.setViewportSize({ width: 1280, height: 920 })
    await page.screenshot({ path: picture('overview') })
    await page.setViewportSize(desk.viewport)

    await goTo(page, 'Sessions')
    await expect(page.getByRole('row').nth(5)).toContainText(/Ada|Grace|Edsger|Barbara|Donald/)
    await page.screenshot({ path: picture('sessions') })

    await page.goto(`${server.address}/console/end`)
    await type(page.getByLabel('E-mail address or id'), 'grace@example.com')
    await page.keyboard.press('Enter')
    await press(page.getByRole('button', { name: /^End \d+ sessions…$/ }))
    await page.screenshot({ path: picture('end') })
    await page.keyboard.press('Escape')

    await goTo(page, 'Audit trail')
    await press(page.getByRole('button', { name: 'Verify the trail' }))
    await expect(page.getByText('The chain holds')).toBeVisible()
    await page.locator('h1').focus()
    await page.screenshot({ path: picture('audit') })

    const small = await openConsole('/devices', phone)
    await enter(small, 'ada@example.com')
    await expect(small.getByRole('listitem').nth(4)).toBeVisible()
    await small.screenshot({ path: picture('devices'), fullPage: true })
  } finally {
    for (const guard of guards) await guard.stop()
  }
})

/** A little of what happens on a day. */
async function live(server: ExeuntServer): Promise<void> {
  for (const [at, [name]] of people.entries()) {
    const signedIn = []
    for (const userAgent of devices.slice(0, 4 - (at % 3)))
      signedIn.push(await server.signIn(`${name}@example.com`, undefined, userAgent))
    const [first, second] = signedIn
    if (first) await server.ask('DELETE', '/api/v1/sessions/current', first.access_token)
    if (second && at % 2 === 0) {
      const ended = await server.signIn(`${name}@example.com`, undefined, devices[2])
      await server.ask('DELETE', `/api/v1/sessions/${ended.session_id}`, second.access_token)
    }
  }
}
