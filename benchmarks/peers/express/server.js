// Sessions as most Express apps have them: short access tokens, refresh tokens that turn, and a blacklist that every request asks.
// node server.js URL; PEER_STORE says which store, PEER_KEY names the file with the private key.
import { randomUUID } from 'node:crypto';
import express from 'express';
import { isPassword } from './passwords.js';
import { newRefresh, signAccess, verifyAccess } from './tokens.js';

const { open } = await import(`./store-${process.env.PEER_STORE}.js`);
const store = await open();
setInterval(() => store.clean().catch(console.error), 3600_000).unref();

async function authenticate(request, response, next) {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  let claims;
  try {
    claims = scheme === 'Bearer' ? verifyAccess(token) : undefined;
  } catch {
    // Forged, expired, or no token at all.
  }

  if (!claims || (await store.isRevoked(claims.sid))) return response.status(401).json({ error: 'unauthorized' });
  request.user = { id: claims.sub, sid: claims.sid };
  next();
}

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(express.json({ limit: '16kb' }));

app.get('/ready', (_, response) => response.json({ ready: true }));

app.post('/auth/login', async (request, response) => {
  const { email, password } = request.body ?? {};
  const user = typeof email === 'string' ? await store.findUser(email) : undefined;
  if (!user || typeof password !== 'string' || !(await isPassword(password, user.passwordHash))) return response.status(401).json({ error: 'wrong credentials' });
  const [sid, refreshToken] = [randomUUID(), newRefresh()];
  await store.addSession(user.id, sid, refreshToken);
  response.json({ accessToken: signAccess(user.id, sid), refreshToken });
});

app.post('/auth/refresh', async (request, response) => {
  const { refreshToken: presented } = request.body ?? {};
  const refreshToken = newRefresh();
  const session = typeof presented === 'string' ? await store.rotate(presented, refreshToken) : undefined;
  if (!session) return response.status(401).json({ error: 'unauthorized' });
  response.json({ accessToken: signAccess(session.userId, session.sid), refreshToken });
});

app.post('/auth/logout', async (request, response) => {
  const { refreshToken } = request.body ?? {};
  if (typeof refreshToken !== 'string' || !(await store.end(refreshToken))) return response.status(401).json({ error: 'unauthorized' });
  response.json({ ended: 1 });
});

app.post('/auth/logout-all', authenticate, async (request, response) => {
  response.json({ ended: await store.endAll(request.user.id) });
});

app.get('/me', authenticate, (request, response) => {
  response.json({ id: request.user.id });
});

app.use((failure, request, response, next) => {
  console.error(failure);
  if (response.headersSent) return next(failure);
  response.status(failure.status ?? 500).json({ error: 'failed' });
});

const { hostname, port } = new URL(process.argv[2]);
app.listen(Number(port), hostname);
