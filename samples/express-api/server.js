// An Express API that refuses a session's tokens from the moment it has ended. Everything about Exeunt is the guard.
import { Guard } from '@exeunt/express'
import express from 'express'

const { EXEUNT = 'http://127.0.0.1:8080', ISSUER = EXEUNT, AUDIENCE = 'exeunt', PORT = '3000' } = process.env

const guard = new Guard({
  servers: EXEUNT.split(','),
  issuer: ISSUER,
  audiences: [AUDIENCE],
  clientId: process.env.EXEUNT_CLIENT_ID,
  clientSecret: process.env.EXEUNT_CLIENT_SECRET,
  snapshotFile: process.env.EXEUNT_SNAPSHOT_FILE,
  stale: process.env.STALE_MS ? { tolerate: Number(process.env.STALE_MS) } : undefined,
})
await guard.start()

const app = express()
app.get('/healthz', (_, response) => response.sendStatus(guard.isServing ? 200 : 503))
app.get('/', guard.protect(), (request, response) => response.send(`Hello ${request.exeunt.subject}\n`))
app.post('/transfer', guard.requireFresh(10_000), guard.protect(), (_, response) => response.send('Done\n'))

// The stream is cut when the session ends.
app.get('/events', guard.protect(), guard.cutWhenEnded(), (_, response) => {
  response.type('text/event-stream').write('data: open\n\n')
})

const server = app.listen(Number(PORT), '127.0.0.1', (failure) => {
  if (failure) throw failure
  console.log(`Now listening on http://127.0.0.1:${server.address().port}`)
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.close()
    server.closeAllConnections()
    await guard.stop() // saves what it knows
  })
}
