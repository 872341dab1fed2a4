import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const fromRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** The sample app, and where its build for these tests goes. */
export const appFolder = fromRoot('samples/react-app')
export const builtApp = fromRoot('artifacts/e2e/react-app')

/** The server, as `./test` and `./run` build it. */
export const serverProgram = fromRoot('artifacts/bin/Exeunt.Server/release/Exeunt.Server')

/** The server's `Sessions:RotationWindow` in these tests, in milliseconds: its smallest, so that tokens turn often. */
export const rotationWindow = 1000

/** The browser that is installed; none is ever downloaded. */
export const chromiumProgram =
  process.env['EXEUNT_CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path)) ??
  ''
