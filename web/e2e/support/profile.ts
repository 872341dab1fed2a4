import { chromium, type Browser, type BrowserContext } from '@playwright/test'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumProgram } from './places.js'

/**
 * A person's browser with its profile on the disk: it can be closed, or killed, and opened again with the tabs that it had. Started without Playwright's own
 * switches, of which some would make it another browser than people have.
 */
export class StoredProfile {
  #process: ChildProcess | undefined
  #browser: Browser | undefined

  private constructor(private readonly folder: string) {}

  static async create(): Promise<StoredProfile> {
    return new StoredProfile(await mkdtemp(join(tmpdir(), 'exeunt-profile-')))
  }

  /** Opens it; the tabs of the last time come back by themselves. */
  async open(): Promise<BrowserContext> {
    const child = spawn(
      chromiumProgram,
      [
        '--headless=new',
        '--no-sandbox',
        '--no-first-run',
        '--disable-gpu',
        '--password-store=basic',
        '--restore-last-session',
        '--hide-crash-restore-bubble',
        '--remote-debugging-port=0',
        `--user-data-dir=${this.folder}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
    )
    this.#process = child
    let said = ''
    const address = await new Promise<string>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1]
        if (found) resolve(found)
      })
      child.once('exit', () => reject(new Error(`Chromium ended before it listened. It said:\n${said}`)))
    })
    this.#browser = await chromium.connectOverCDP(address)
    const context = this.#browser.contexts()[0]
    if (!context) throw new Error('Chromium has no window.')
    return context
  }

  /** As a person closes it: everything is written to the disk. */
  async close(): Promise<void> {
    await this.#end(async (browser) => {
      const session = await browser.newBrowserCDPSession()
      await session.send('Browser.close')
    })
  }

  /** As a crash or a power cut ends it: what was not written is lost. */
  async kill(): Promise<void> {
    await this.#end((_, child) => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL') // all of its processes
    })
  }

  /** While it is closed: copies the cookies that are on the disk. The answer puts them back, as if nothing had been written since. */
  async rememberCookies(): Promise<() => Promise<void>> {
    const jar = [join(this.folder, 'Default/Cookies'), join(this.folder, 'Default/Network/Cookies')].find((path) =>
      existsSync(path),
    )
    if (jar === undefined) throw new Error('Chromium keeps its cookies elsewhere.')
    const content = await readFile(jar)
    return async () => {
      await rm(`${jar}-journal`, { force: true })
      await writeFile(jar, content)
    }
  }

  async dispose(): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 })
  }

  async #end(how: (browser: Browser, child: ChildProcess) => unknown): Promise<void> {
    const [browser, child] = [this.#browser, this.#process]
    if (!browser || !child) return
    this.#browser = this.#process = undefined
    const gone = once(child, 'exit')
    await how(browser, child)
    await gone
  }
}
