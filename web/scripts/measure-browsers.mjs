// Signs a person in to the console in two browsers and out everywhere in one of them, again and again, and tells how long it takes from the click until the
// other shows that it is out and why: a line of JSON each.
// What ./bench --only browsers runs: node measure-browsers.mjs ADDRESS CHROMIUM E-MAIL TIMES, the password in EXEUNT_BENCH_PASSWORD
import { chromium } from '@playwright/test'

const [address, executablePath, email, times] = process.argv.slice(2)
const patience = 60_000 // milliseconds; beyond it nothing was measured
const why = 'Signed out on all devices.'

const browsers = [await chromium.launch({ executablePath }), await chromium.launch({ executablePath })]

const signIn = async (page) => {
  const listening = page.waitForResponse((answer) => answer.url().endsWith('/sessions/current/events') && answer.ok())
  await page.goto(`${address}/console/devices`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(process.env.EXEUNT_BENCH_PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'My devices' }).waitFor()
  await listening
}

try {
  const pages = []
  for (const browser of browsers) pages.push(await (await browser.newContext()).newPage())
  for (const page of pages) page.setDefaultTimeout(patience)
  const [here, there] = pages

  for (let time = 0; time <= Number(times); time++) {
    for (const page of pages) await signIn(page)
    // Both pages tell the time of the same machine.
    const shown = there.waitForFunction(
      (words) => document.body.innerText.includes(words) && performance.timeOrigin + performance.now(),
      why,
      { polling: 'raf' },
    )
    await here.getByRole('button', { name: 'Sign out everywhere' }).click()
    const button = here.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' })
    await button.waitFor()
    const clicked = await button.evaluate((one) => {
      const at = performance.timeOrigin + performance.now()
      one.click()
      return at
    })
    const milliseconds = (await (await shown).jsonValue()) - clicked
    await here.getByRole('heading', { name: 'Sign in' }).waitFor()
    if (time > 0) console.log(JSON.stringify({ what: 'out', milliseconds })) // the first time only warms up
  }
} finally {
  for (const browser of browsers) await browser.close()
}
