import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Leaves a compressed copy beside each file that gets smaller by it, so that the server compresses nothing. Of what was written: Vite has the last word on it. */
const compressed: Plugin = {
  name: 'compressed',
  writeBundle({ dir = 'dist' }, bundle) {
    for (const fileName of Object.keys(bundle)) {
      if (!fileName.startsWith('assets/')) continue
      const content = readFileSync(join(dir, fileName))
      const small = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
      if (small.length < content.length) writeFileSync(join(dir, `${fileName}.br`), small)
    }
  },
}

export default defineConfig({
  base: '/console/',
  // The kits' sources, so that the console needs no build of theirs.
  resolve: {
    alias: {
      '@exeunt/client/words': source('../client/src/words.ts'),
      '@exeunt/client': source('../client/src/index.ts'),
      '@exeunt/react': source('../react/src/index.ts'),
    },
  },
  esbuild: { jsx: 'automatic' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // a data: address would need a wider content security policy
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      onwarn(warning, tell) {
        // The React kit marks its modules "use client" for Next.js. Here all of them are; and of lines that are only a directive there is no source map.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE' && warning.code !== 'SOURCEMAP_ERROR') tell(warning)
      },
    },
  },
  plugins: [compressed],
})
