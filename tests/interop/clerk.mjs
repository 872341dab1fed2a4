// Mints session tokens in the shape of Clerk's, with npm jose. Reads { issuer } from stdin, writes { jwks, tokens } to stdout.
//   node clerk.mjs mint
import { text } from 'node:stream/consumers'
import * as jose from 'jose'

const { issuer } = JSON.parse(await text(process.stdin))
const kid = 'ins_2abcdefghijklmnopqrstuvwxyz'
const { publicKey, privateKey } = await jose.generateKeyPair('RS256', { extractable: true })
const stranger = await jose.generateKeyPair('RS256')
const now = Math.floor(Date.now() / 1000)

const mint = (claims, { key = privateKey, lifetime = 60, iss = issuer } = {}) =>
  new jose.SignJWT({ azp: 'https://app.example.com', nbf: now - 10, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT', cat: 'cl_B7d4PD111AAA', oiat: now })
    .setIssuer(iss).setSubject('user_2xYz').setIssuedAt(now).setExpirationTime(now + lifetime)
    .sign(key)

const v2 = { v: 2, fva: [3, -1], sts: 'active', pla: 'u:free', fea: 'u:basic', o: { id: 'org_1', slg: 'acme', rol: 'admin' }, jti: 'a1b2c3' }
process.stdout.write(JSON.stringify({
  jwks: { keys: [{ ...(await jose.exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }] },
  tokens: {
    v2: await mint({ ...v2, sid: 'sess_v2' }),
    v1: await mint({ sid: 'sess_v1', org_id: 'org_1', org_role: 'admin' }),
    expired: await mint({ ...v2, sid: 'sess_old' }, { lifetime: -30 }),
    stranger: await mint({ ...v2, sid: 'sess_v2' }, { key: stranger.privateKey }),
    otherIssuer: await mint({ ...v2, sid: 'sess_v2' }, { iss: 'https://clerk.other.example' }),
    pending: await mint({ ...v2, sid: 'sess_pending', sts: 'pending' }),
    withoutSid: await mint(v2),
  },
}))
