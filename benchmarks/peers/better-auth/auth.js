// better-auth as its documentation sets it up on PostgreSQL, with e-mail addresses and passwords. Sessions are rows, cookies name them, and every request looks its session up.
import { betterAuth } from 'better-auth';
import pg from 'pg';

export const pool = new pg.Pool({ connectionString: process.env.PEER_POSTGRES, max: 20 });

export const options = {
  baseURL: 'http://bench',
  secret: process.env.PEER_SECRET,
  database: pool,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false }, // all requests of a benchmark come from one address
  telemetry: { enabled: false },
  logger: { level: 'error' },
};

export const auth = betterAuth(options);
