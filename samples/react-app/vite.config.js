const exeunt = process.env.EXEUNT ?? 'http://127.0.0.1:8080'

export default {
  esbuild: { jsx: 'automatic' },
  // The kit is linked from web/; this way it uses the one React of this app.
  resolve: { preserveSymlinks: true },
  // One origin for page and server: the cookie is SameSite=Strict. In production a proxy does the same. The Host stays as it was, for the server's Origin check.
  server: { host: 'localhost', proxy: { '/api': { target: exeunt, changeOrigin: false } } },
}
