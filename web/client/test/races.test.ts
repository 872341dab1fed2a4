import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SimulatedBrowser } from './support/browser.js'
import { Chance } from './support/chance.js'
import { openPage, pass, signInAda, type Page } from './support/people.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const rounds = 25
const ignore = () => undefined

/** A browser whose way to the server loses answers and delays them up to 0.8 W. */
function lossyBrowser(chance: Chance): SimulatedBrowser {
  return new SimulatedBrowser({
    latency: () => (chance.next() < 0.1 ? chance.below(12_000) : chance.below(50)),
    loses: () => chance.next() < 0.15,
  })
}

describe('By chance', { timeout: 120_000 }, () => {
  test('Tabs that open, crash, reload and refresh over a lossy line never lose their session, and never look like theft (P6)', async () => {
    const chance = new Chance()
    console.log(`races: SEED=${chance.seed}`)
    for (let round = 0; round < rounds; round++) {
      const browser = lossyBrowser(chance)
      let pages = [openPage(browser)]
      await signInUntilItWorks(pages)
      for (let turn = 0; turn < 40; turn++) {
        const page = chance.one(pages)
        switch (chance.below(5)) {
          case 0:
            if (pages.length < 5) pages.push(openPage(browser))
            break
          case 1:
            page.tab.crash()
            pages = [...pages.filter((other) => other !== page), openPage(browser)]
            break
          case 2:
            browser.server.voidTokens()
            break
          default:
            for (const { exeunt } of pages) exeunt.fetch('/api/me').catch(ignore)
        }
        await pass(chance.one([1, 100, 5_000, 29_000, 40_000, 890_000]))
        expect(browser.server.thefts, `SEED=${chance.seed} round ${round} turn ${turn}`).toBe(0)
        for (const { shown } of pages)
          expect(shown, `SEED=${chance.seed} round ${round} turn ${turn}`).not.toContain('signed-out')
      }
      await pass(120_000)
      for (const { exeunt } of pages)
        expect(exeunt.state.status, `SEED=${chance.seed} round ${round}`).toBe('signed-in')
    }
  })

  test('Once a logout has begun in any tab, no tab is signed in again, whatever is under way, and the server hears of it', async () => {
    const chance = new Chance()
    console.log(`logout races: SEED=${chance.seed}`)
    for (let round = 0; round < 3 * rounds; round++) {
      const browser = lossyBrowser(chance)
      browser.server.hasStream = chance.next() < 0.5
      const pages = [openPage(browser)]
      const sid = await signInUntilItWorks(pages)
      for (let more = chance.below(4); more > 0; more--) pages.push(openPage(browser))
      await pass(chance.one([1, 30, 5_000, 880_000]))
      for (const { exeunt } of pages) exeunt.fetch('/api/me').catch(ignore)
      await pass(chance.below(60))

      browser.server.weather = chance.one(['up', 'offline', 'failing', 'hanging', 'deaf'])
      void chance.one(pages).exeunt.logout()
      await pass(2) // what one tab tells, the others have heard
      for (const { shown } of pages) shown.length = 0
      if (chance.next() < 0.5) chance.one(pages).tab.crash()
      if (chance.next() < 0.5) pages.push(openPage(browser))
      await pass(chance.one([10, 3_000, 40_000]))
      browser.server.weather = 'up'
      // Those that are left tell the server; only where none is, the next page does.
      if (pages.every(({ tab }) => tab.dead) || chance.next() < 0.5) pages.push(openPage(browser))
      await pass(300_000)

      for (const { shown, exeunt, tab } of pages) {
        expect(shown, `SEED=${chance.seed} round ${round}`).not.toContain('signed-in')
        if (!tab.dead) expect(exeunt.state.status, `SEED=${chance.seed} round ${round}`).toBe('signed-out')
      }
      expect(browser.server.live, `SEED=${chance.seed} round ${round}`).not.toContain(sid)
      expect(browser.server.thefts, `SEED=${chance.seed} round ${round}`).toBe(0)
      expect(browser.local.getItem('exeunt.session'), `SEED=${chance.seed} round ${round}`).toBeNull()
    }
  })
})

// Answers to sign-ins get lost like all others; a person tries again. A session whose sign-in was never answered is in no cookie: nobody can use it.
async function signInUntilItWorks([page]: readonly Page[]): Promise<string> {
  for (let tries = 0; tries < 50 && page?.exeunt.state.status !== 'signed-in'; tries++)
    if (page) await signInAda(page).catch(ignore)
  const state = page?.exeunt.state
  if (state?.status !== 'signed-in') throw new Error('Fifty tries did not sign in.')
  if (page) page.shown.length = 0
  return state.sessionId
}
