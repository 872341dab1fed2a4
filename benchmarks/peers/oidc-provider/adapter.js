// What oidc-provider keeps, in one table of PostgreSQL: the adapter that its documentation asks every user to write. A pool, and prepared statements.
import pg from 'pg';

export const pool = new pg.Pool({ connectionString: process.env.PEER_POSTGRES, max: 20 });

export const SCHEMA = `
  create table artifacts (
    model text not null, id text not null, payload jsonb not null, grant_id text, uid text, user_code text, expires_at timestamptz, consumed_at timestamptz,
    primary key (model, id));
  create index artifacts_by_grant on artifacts (grant_id) where grant_id is not null;
  create index artifacts_by_uid on artifacts (uid) where uid is not null;
  create index artifacts_by_user_code on artifacts (user_code) where user_code is not null;`;

const ask = (name, text, values) => pool.query({ name, text, values });

export class Adapter {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload, expiresIn) {
    await ask(
      'upsert',
      `insert into artifacts (model, id, payload, grant_id, uid, user_code, expires_at) values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second')
       on conflict (model, id) do update set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid, user_code = excluded.user_code,
         expires_at = excluded.expires_at`,
      [this.model, id, JSON.stringify(payload), payload.grantId ?? null, payload.uid ?? null, payload.userCode ?? null, expiresIn ?? null],
    );
  }

  find(id) {
    return this.#findBy('find', 'id', id);
  }

  findByUid(uid) {
    return this.#findBy('find-by-uid', 'uid', uid);
  }

  findByUserCode(code) {
    return this.#findBy('find-by-user-code', 'user_code', code);
  }

  async consume(id) {
    await ask('consume', 'update artifacts set consumed_at = now() where model = $1 and id = $2', [this.model, id]);
  }

  async destroy(id) {
    await ask('destroy', 'delete from artifacts where model = $1 and id = $2', [this.model, id]);
  }

  async revokeByGrantId(grantId) {
    await ask('revoke', 'delete from artifacts where model = $1 and grant_id = $2', [this.model, grantId]);
  }

  async #findBy(name, column, value) {
    const { rows } = await ask(
      name,
      `select payload, extract(epoch from consumed_at)::int as consumed from artifacts
       where model = $1 and ${column} = $2 and (expires_at is null or expires_at > now())`,
      [this.model, value],
    );
    return rows[0] && (rows[0].consumed ? { ...rows[0].payload, consumed: rows[0].consumed } : rows[0].payload);
  }
}
