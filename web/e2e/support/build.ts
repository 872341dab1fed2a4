import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appFolder, builtApp, rotationWindow, serverProgram } from './places.js'

/** Builds the sample app as its owner would, for a server with a small rotation window. */
export default function build(): void {
  if (!existsSync(serverProgram)) throw new Error(`The server is not built: ${serverProgram} is missing.`)
  execFileSync(
    'npm',
    ['run', 'build', '--silent', '--', '--outDir', builtApp, '--emptyOutDir', '--logLevel', 'error'],
    {
      cwd: appFolder,
      env: { ...process.env, VITE_ROTATION_WINDOW: String(rotationWindow) },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
}
