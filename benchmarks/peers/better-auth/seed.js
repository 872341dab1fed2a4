// node seed.js FILE USERSxSESSIONS...: users with so many sessions each, written in bulk as sign-ins would have left them. The file gets a line for each session:
// its user and the value of its cookie. PEER_EMAIL signs up with PEER_PASSWORD.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { generateRandomString } from 'better-auth/crypto';
import { getMigrations } from 'better-auth/db/migration';
import { auth, options, pool } from './auth.js';

const LIFE = 7 * 24 * 3600 * 1000; // as better-auth has it by itself

const [file, ...groups] = process.argv.slice(2);
const out = createWriteStream(file);
let [users, sessions] = [[], []];

const newId = () => generateRandomString(32, 'a-z', 'A-Z', '0-9');

// A signed cookie: the token, a dot, and its HMAC with the secret, as base64.
const cookie = (token) => encodeURIComponent(`${token}.${createHmac('sha256', process.env.PEER_SECRET).update(token).digest('base64')}`);

async function write() {
  await pool.query(
    `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     select id, 'Somebody', id || '@example.com', true, now(), now() from unnest($1::text[]) as t (id)`,
    [users],
  );
  await pool.query(
    `insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent")
     select id, token, owner, $4, now(), now(), '127.0.0.1', 'bench' from unnest($1::text[], $2::text[], $3::text[]) as t (id, token, owner)`,
    [sessions.map((session) => session.id), sessions.map((session) => session.token), sessions.map((session) => session.owner), new Date(Date.now() + LIFE)],
  );
  [users, sessions] = [[], []];
}

await (await getMigrations(options)).runMigrations();
await auth.api.signUpEmail({ body: { name: 'Somebody', email: process.env.PEER_EMAIL, password: process.env.PEER_PASSWORD } });
for (const [count, each] of groups.map((group) => group.split('x').map(Number))) {
  for (let i = 0; i < count; i++) {
    const owner = newId();
    users.push(owner);
    for (let j = 0; j < each; j++) {
      const token = newId();
      sessions.push({ id: newId(), token, owner });
      out.write(`${owner} ${cookie(token)}\n`);
    }

    if (sessions.length >= 5000) await write();
  }
}

await write();
out.end();
await once(out, 'finish');
await pool.end();
