// Opens every page of the console as an administrator, again and again, and tells how long each takes until its content stands there: a line of JSON each.
// What ./bench --only console runs: node measure-console.mjs ADDRESS CHROMIUM E-MAIL PERSON SESSION ROUNDS, the password in EXEUNT_BENCH_PASSWORD
import { chromium } from '@playwright/test'

const [address, executablePath, email, person, session, rounds] = process.argv.slice(2)
const patience = 60_000 // milliseconds; beyond it nothing was measured

const rows = 'tbody tr'
const pages = [
  ['Overview, a week', '/overview', '.tile .value, .plot rect'],
  ['Overview, a month', '/overview?range=month', '.tile .value, .plot rect'],
  ['Sessions', '/sessions', rows],
  ['Sessions, alive only', '/sessions?alive=true', rows],
  ['Sessions of a client', '/sessions?client=default', rows],
  ['Sessions, the next page', '/sessions', rows, 'Next page'],
  ['Sessions, searched by the beginning of every address', '/sessions?q=usr', '.choices li'],
  ['Sessions, searched by a whole address', `/sessions?q=${email}`, '.choices li'],
  ['Sessions, searched by id', `/sessions?q=${session}`, rows],
  ['Sessions of a person', `/sessions?user=${person}`, rows],
  ['People', '/people', rows],
  ['People, the next page', '/people', rows, 'Next page'],
  ['People, searched by the beginning of every address', '/people?q=usr', rows],
  ['People, searched in vain', '/people?q=nobody', '.empty'],
  ['A person', `/people/${person}`, '.facts'],
  ['What ending a client will hit', '/end?scope=client&target=default', '.verdict .big', 'See what it will hit'],
  ['What ending everyone will hit', '/end?scope=everyone', '.verdict .big', 'See what it will hit'],
  ['Audit trail', '/audit', rows],
  ['Audit trail, the next page', '/audit', rows, 'Next page'],
  ['Audit trail of a person', `/audit?user=${person}`, rows],
  ['Audit trail, a frequent action', '/audit?action=signed_in', rows],
  ['Audit trail, a rare action', '/audit?action=account_created', rows],
  ['Audit trail, a reason that never was', '/audit?reason=token_theft', '.empty'],
  ['Audit trail, days in which nothing was', '/audit?to=2001-01-01', '.empty'],
  ['Guards and clients', '/guards', '.empty'],
  ['Keys', '/keys', rows],
  ['My devices', '/devices', '.rows li'],
  ['Password', '/password', 'form'],
]

const browser = await chromium.launch({ executablePath })
const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
page.setDefaultTimeout(patience)

/** The page's own time at which it shows what it was opened for, and waits for nothing. */
const shown = async (content) => {
  const handle = await page.waitForFunction(
    (wanted) =>
      wanted.split(', ').every((one) => document.querySelector(one)) &&
      !document.querySelector('.loading, .waiting, [aria-busy=true]') &&
      performance.now(),
    content,
    { polling: 'raf' },
  )
  return handle.jsonValue()
}

try {
  await page.goto(`${address}/console`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(process.env.EXEUNT_BENCH_PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('navigation', { name: 'Main' }).waitFor()

  for (let round = 0; round <= Number(rounds); round++) {
    for (const [name, path, content, then] of pages) {
      await page.goto(`${address}/console${path}`, { waitUntil: 'commit' })
      let began = 0
      if (then !== undefined) {
        if (content === rows) await shown(rows)
        const button = page.getByText(then, { exact: true })
        await button.waitFor()
        const before = await page.evaluate(() => document.querySelector('tbody')?.textContent ?? '')
        began = await button.evaluate((one) => {
          one.click()
          return performance.now()
        })
        if (before)
          await page.waitForFunction((old) => document.querySelector('tbody')?.textContent !== old, before, {
            polling: 'raf',
          })
      }
      const milliseconds = (await shown(content)) - began
      if (round > 0) console.log(JSON.stringify({ what: name, milliseconds })) // the first time only warms up
    }
  }
} finally {
  await browser.close()
}
