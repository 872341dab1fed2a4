import { vi } from 'vitest'
import { createExeunt, type Exeunt, type ExeuntOptions, type SessionState } from '../../src/index.js'
import type { SimulatedBrowser, SimulatedTab } from './browser.js'

/** A page in a tab, with its client running. */
export interface Page {
  readonly tab: SimulatedTab
  readonly exeunt: Exeunt
  /** Every status that the page could have shown, in order. */
  readonly shown: SessionState['status'][]
}

/** Opens a tab and starts the client in it. */
export function openPage(browser: SimulatedBrowser, options: ExeuntOptions = {}, crashBefore?: number): Page {
  const tab = browser.open(crashBefore)
  const exeunt = createExeunt(options, tab)
  const shown: SessionState['status'][] = []
  exeunt.subscribe((state) => {
    if (!tab.dead) shown.push(state.status)
  })
  exeunt.start()
  return { tab, exeunt, shown }
}

/** Lets everything happen that is due within so many milliseconds. */
export async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds)
}

/** Waits for a promise while the clock runs. */
export async function finish<T>(promise: Promise<T>, within = 60_000): Promise<T> {
  let over = false
  const watched = promise.finally(() => {
    over = true
  })
  watched.catch(() => undefined)
  for (let passed = 0; !over && passed < within; passed += 5) await pass(5)
  if (!over) throw new Error(`Nothing came of it within ${within} ms.`)
  return watched
}

/** Signs Ada in. */
export async function signInAda({ exeunt }: Page): Promise<void> {
  await finish(exeunt.signIn({ email: 'ada@example.org', password: 'right' }))
}
