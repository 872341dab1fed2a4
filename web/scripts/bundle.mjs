// Makes dist/exeunt.min.js, for pages without a bundler, and holds the client to its size.
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const limit = 6000 // bytes after gzip, everything that the package exports included

await build({
  entryPoints: ['src/index.ts'],
  outfile: 'dist/exeunt.min.js',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
})

const size = gzipSync(readFileSync('dist/exeunt.min.js'), { level: 9 }).length
console.log(`@exeunt/client: ${size} bytes gzipped, must stay below ${limit}`)
if (size >= limit) process.exit(1)
