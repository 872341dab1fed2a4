// node seed.js FILE USERSxSESSIONS...: users with so many sessions each, written in bulk as sign-ins would have left them. The file gets a line for each session:
// its user and its refresh token. The first user of all has PEER_EMAIL and PEER_PASSWORD.
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { hashPassword } from './passwords.js';
import { newRefresh } from './tokens.js';

const { open } = await import(`./store-${process.env.PEER_STORE}.js`);
const [file, ...groups] = process.argv.slice(2);
const store = await open();
const out = createWriteStream(file);
const passwordHash = await hashPassword(process.env.PEER_PASSWORD);
let [users, sessions] = [[], []];
let email = process.env.PEER_EMAIL;

async function write() {
  await store.fill(users, sessions);
  [users, sessions] = [[], []];
}

await store.create();
for (const [count, each] of groups.map((group) => group.split('x').map(Number))) {
  for (let i = 0; i < count; i++) {
    const id = randomUUID();
    users.push({ id, email: email ?? `${id}@example.com`, passwordHash });
    email = undefined;
    for (let j = 0; j < each; j++) {
      const session = { userId: id, sid: randomUUID(), refresh: newRefresh() };
      sessions.push(session);
      out.write(`${id} ${session.refresh}\n`);
    }

    if (sessions.length >= 5000) await write();
  }
}

await write();
out.end();
await once(out, 'finish');
await store.close();
