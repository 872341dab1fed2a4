// Packs the packages, installs them into an empty project, and uses them there: with types, at run time, and in a bundle. `npm run build` comes first.
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const here = new URL('..', import.meta.url).pathname
const tsc = join(here, 'node_modules/.bin/tsc')
const project = mkdtempSync(join(tmpdir(), 'exeunt-pack-'))
const run = (cwd, command, ...args) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

try {
  const packed = JSON.parse(
    run(
      here,
      'npm',
      'pack',
      '--json',
      '--pack-destination',
      project,
      '-w',
      '@exeunt/client',
      '-w',
      '@exeunt/react',
      '-w',
      '@exeunt/express',
    ),
  )
  for (const { name, files } of packed) {
    const paths = files.map(({ path }) => path)
    if (!paths.includes('dist/index.js') || !paths.includes('dist/index.d.ts') || !paths.includes('README.md'))
      throw new Error(`${name} lacks something: ${paths.join(' ')}`)
    if (paths.some((path) => path.includes('test'))) throw new Error(`${name} brings its tests along.`)
  }

  // The packages come from their archives, as an app gets them. What an app brings itself is taken from here, so that no network is needed.
  const archives = packed.map(({ name, filename }) => [name, `file:${filename}`])
  const brought = ['react', 'react-dom', '@tanstack/react-query', '@types/react'].map((name) => [
    name,
    `file:${join(here, 'node_modules', name)}`,
  ])
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({
      name: 'empty',
      private: true,
      type: 'module',
      dependencies: Object.fromEntries([...archives, ...brought]),
    }),
  )
  run(project, 'npm', 'install', '--offline', '--no-audit', '--no-fund')
  for (const { name, version } of packed) {
    const installed = JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8'))
    if (lstatSync(join(project, 'node_modules', name)).isSymbolicLink() || installed.version !== version)
      throw new Error(`${name} was not installed from its archive.`)
  }

  writeFileSync(
    join(project, 'app.tsx'),
    `import { createExeunt, type LogoutResult, type SessionState } from '@exeunt/client'
import { describeEnd } from '@exeunt/client/words'
import { ExeuntProvider, LogoutButton, ProtectedRoute, useSession } from '@exeunt/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'

export const exeunt = createExeunt({ server: 'https://id.example.com', afterLogout: '/login', forget: { caches: 'all' } })
const done = (result: LogoutResult): string => result.server
const words = (state: SessionState) => (state.status === 'signed-out' && state.reason ? describeEnd(state.reason) : '')
// @ts-expect-error types are really there: no such option
createExeunt({ sever: 'typo' })

function Hello() {
  return <p>{words(useSession())}</p>
}

export const app = (
  <QueryClientProvider client={new QueryClient()}>
    <ExeuntProvider client={exeunt}>
      <ProtectedRoute><Hello /><LogoutButton onDone={(result) => { done(result) }} /></ProtectedRoute>
    </ExeuntProvider>
  </QueryClientProvider>
)
`,
  )
  for (const module of ['nodenext', 'bundler']) {
    const kind =
      module === 'nodenext' ? ['--module', 'nodenext'] : ['--module', 'esnext', '--moduleResolution', 'bundler']
    run(project, tsc, '--noEmit', '--strict', '--target', 'es2022', '--jsx', 'react-jsx', ...kind, 'app.tsx')
  }

  writeFileSync(
    join(project, 'run.mjs'),
    `import { createExeunt } from '@exeunt/client'
import * as kit from '@exeunt/react'
import { Guard } from '@exeunt/express'
console.log(createExeunt().state.status, Object.keys(kit).sort().join(' '), Guard.name)
`,
  )
  const said = run(project, 'node', 'run.mjs').trim()
  if (!said.startsWith('loading ') || !said.includes('LogoutButton') || !said.endsWith(' Guard'))
    throw new Error(`The installed packages said: ${said}`)

  const bundle = await build({
    entryPoints: [join(project, 'app.tsx')],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    logLevel: 'silent',
    absWorkingDir: project,
  })
  const directives = bundle.warnings.filter(({ text }) => !text.includes('use client'))
  if (directives.length > 0) throw new Error(directives[0].text)
  console.log(
    `packed, installed, typed, run and bundled: ${packed.map(({ name, size }) => `${name} ${size} bytes`).join(', ')}`,
  )
} finally {
  rmSync(project, { recursive: true, force: true })
}
