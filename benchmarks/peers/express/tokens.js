// Access tokens as most Express apps make them: a JWT of fifteen minutes, signed with ES256, naming the user and the session.
import { createHash, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import jwt from 'jsonwebtoken';

export const ACCESS_SECONDS = 15 * 60;
export const REFRESH_SECONDS = 30 * 24 * 3600;

const issuer = 'https://peer.example';
const audience = 'bench';
const privateKey = createPrivateKey(readFileSync(process.env.PEER_KEY));
const publicKey = createPublicKey(privateKey);

export const signAccess = (userId, sid) =>
  jwt.sign({ sid }, privateKey, { algorithm: 'ES256', issuer, audience, subject: userId, expiresIn: ACCESS_SECONDS });

/** The claims of a good token; throws for any other. */
export const verifyAccess = (token) => jwt.verify(token, publicKey, { algorithms: ['ES256'], issuer, audience });

export const newRefresh = () => randomBytes(32).toString('base64url');

/** What is stored of a refresh token: it is random, so a plain hash makes the stored form useless. */
export const hashRefresh = (token) => createHash('sha256').update(token).digest();
