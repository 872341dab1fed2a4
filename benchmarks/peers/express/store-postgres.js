// Refresh tokens and the blacklist in PostgreSQL: a pool, prepared statements, and one statement, which is one transaction, for each piece of work.
import pg from 'pg';
import { ACCESS_SECONDS, REFRESH_SECONDS, hashRefresh } from './tokens.js';

const SCHEMA = `
  create table users (id uuid primary key, email text not null unique, password_hash text not null);
  create table refresh_tokens (
    token_hash bytea primary key, sid uuid not null, user_id uuid not null references users on delete cascade, expires_at timestamptz not null);
  create index refresh_tokens_of_user on refresh_tokens (user_id);
  create table revoked_sessions (sid uuid primary key, expires_at timestamptz not null);`;

export async function open() {
  const pool = new pg.Pool({ connectionString: process.env.PEER_POSTGRES, max: 20 });
  const ask = (name, text, values) => pool.query({ name, text, values });
  return {
    async findUser(email) {
      return (await ask('user', 'select id, password_hash as "passwordHash" from users where email = $1', [email])).rows[0];
    },

    async addSession(userId, sid, refresh) {
      await ask(
        'add',
        `insert into refresh_tokens (token_hash, sid, user_id, expires_at) values ($1, $2, $3, now() + ${REFRESH_SECONDS} * interval '1 second')`,
        [hashRefresh(refresh), sid, userId],
      );
    },

    /** Puts the next token into the place of this one; undefined when it is not good. */
    async rotate(refresh, next) {
      const { rows } = await ask(
        'rotate',
        `update refresh_tokens set token_hash = $2, expires_at = now() + ${REFRESH_SECONDS} * interval '1 second'
         where token_hash = $1 and expires_at > now() returning sid, user_id as "userId"`,
        [hashRefresh(refresh), hashRefresh(next)],
      );
      return rows[0];
    },

    /** Deletes the refresh token and lists its session until the last access token has expired; false when there was none. */
    async end(refresh) {
      const { rowCount } = await ask(
        'end',
        `with gone as (delete from refresh_tokens where token_hash = $1 returning sid)
         insert into revoked_sessions (sid, expires_at) select sid, now() + ${ACCESS_SECONDS} * interval '1 second' from gone`,
        [hashRefresh(refresh)],
      );
      return rowCount === 1;
    },

    /** The same for all sessions of a user; how many those were. */
    async endAll(userId) {
      const { rowCount } = await ask(
        'end-all',
        `with gone as (delete from refresh_tokens where user_id = $1 returning sid)
         insert into revoked_sessions (sid, expires_at) select sid, now() + ${ACCESS_SECONDS} * interval '1 second' from gone`,
        [userId],
      );
      return rowCount;
    },

    async isRevoked(sid) {
      return (await ask('revoked', 'select 1 from revoked_sessions where sid = $1', [sid])).rowCount > 0;
    },

    async clean() {
      await pool.query('delete from revoked_sessions where expires_at < now()');
      await pool.query('delete from refresh_tokens where expires_at < now()');
    },

    async create() {
      await pool.query(SCHEMA);
    },

    /** Thousands at a time, for the benchmark. */
    async fill(users, sessions) {
      await pool.query('insert into users select * from unnest($1::uuid[], $2::text[], $3::text[])', [
        users.map((user) => user.id), users.map((user) => user.email), users.map((user) => user.passwordHash),
      ]);
      await pool.query(
        `insert into refresh_tokens select h, s, u, now() + ${REFRESH_SECONDS} * interval '1 second' from unnest($1::bytea[], $2::uuid[], $3::uuid[]) as t (h, s, u)`,
        [sessions.map((session) => hashRefresh(session.refresh)), sessions.map((session) => session.sid), sessions.map((session) => session.userId)],
      );
    },

    close: () => pool.end(),
  };
}
