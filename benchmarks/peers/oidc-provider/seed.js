// node seed.js FILE USERSxSESSIONS...: sessions as oidc-provider itself leaves them behind after a code was exchanged, made by its own models, which write to a list
// instead of the database; the list is written in bulk. The file gets a line for each session: its user and its refresh token.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Adapter, SCHEMA, pool } from './adapter.js';
import { CLIENT, newProvider } from './provider.js';

const SCOPE = 'openid offline_access';

let rows = [];

class List extends Adapter {
  async upsert(id, payload, expiresIn) {
    rows.push({ model: this.model, id, payload: JSON.stringify(payload), grant: payload.grantId ?? null, seconds: expiresIn });
  }
}

const [file, ...groups] = process.argv.slice(2);
const out = createWriteStream(file);
const provider = newProvider(List);
const client = await provider.Client.find(CLIENT);

async function write() {
  await pool.query(
    `insert into artifacts (model, id, payload, grant_id, expires_at)
     select m, i, p, g, now() + s * interval '1 second' from unnest($1::text[], $2::text[], $3::jsonb[], $4::text[], $5::int[]) as t (m, i, p, g, s)`,
    [rows.map((row) => row.model), rows.map((row) => row.id), rows.map((row) => row.payload), rows.map((row) => row.grant), rows.map((row) => row.seconds)],
  );
  rows = [];
}

await pool.query(SCHEMA);
for (const [count, each] of groups.map((group) => group.split('x').map(Number))) {
  for (let i = 0; i < count; i++) {
    const accountId = randomUUID();
    for (let j = 0; j < each; j++) {
      const grant = new provider.Grant({ accountId, clientId: CLIENT });
      grant.addOIDCScope(SCOPE);
      const grantId = await grant.save();
      const issued = { accountId, client, grantId, gty: 'authorization_code', scope: SCOPE };
      await new provider.AccessToken(issued).save();
      out.write(`${accountId} ${await new provider.RefreshToken({ ...issued, authTime: Math.floor(Date.now() / 1000) }).save()}\n`);
    }

    if (rows.length >= 10000) await write();
  }
}

await write();
out.end();
await once(out, 'finish');
await pool.end();
