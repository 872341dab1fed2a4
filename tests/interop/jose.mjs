// Mints and verifies with npm jose. Reads one JSON document from stdin, writes one to stdout.
//   node jose.mjs mint                                    → { secret, jwks, tokens: { ES256, RS256, PS256, HS256, … }, thumbprints }
//   node jose.mjs verify < { jwks, tokens, issuer, … }    → { results: { name: { claims, header } | { error } }, thumbprints }
import { text } from 'node:stream/consumers'
import * as jose from 'jose'

const issuer = 'https://npm-jose.example'
const asymmetric = ['ES256', 'RS256', 'RS384', 'RS512', 'PS256']

async function mint() {
  const minted = { issuer, jwks: { keys: [] }, tokens: {}, thumbprints: {} }
  for (const alg of asymmetric) {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true })
    const jwk = await jose.exportJWK(publicKey)
    const kid = await jose.calculateJwkThumbprint(jwk)
    minted.jwks.keys.push({ ...jwk, kid, alg, use: 'sig' })
    minted.thumbprints[alg] = kid
    minted.tokens[alg] = await sign({ alg, kid }, privateKey)
  }

  const secret = crypto.getRandomValues(new Uint8Array(32))
  minted.secret = jose.base64url.encode(secret)
  minted.tokens.HS256 = await sign({ alg: 'HS256' }, secret)

  // Keys that a verifier has to leave alone, among those that it needs.
  for (const alg of ['ES384', 'EdDSA']) {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true })
    const kid = `unknown ${alg}`
    minted.jwks.keys.push({ ...(await jose.exportJWK(publicKey)), kid, alg })
    minted.tokens[alg] = await sign({ alg, kid }, privateKey)
  }
  return minted
}

const sign = (header, key) =>
  new jose.SignJWT({ client_id: 'app_npm', sid: 'ses_npm', roles: ['admin', 'ünï'], 'a.b': 1.5 })
    .setProtectedHeader({ ...header, typ: 'at+jwt' })
    .setIssuer(issuer).setSubject('usr_npm').setAudience(['api', 'other']).setJti('tok_npm')
    .setIssuedAt(1_800_000_000).setExpirationTime(1_800_000_900)
    .sign(key)

async function verify({ jwks, tokens, issuer, audience, now, typ = 'at+jwt' }) {
  const keys = jose.createLocalJWKSet(jwks)
  const results = {}
  for (const [name, token] of Object.entries(tokens)) {
    try {
      const { payload, protectedHeader } = await jose.jwtVerify(token, keys, { issuer, audience, typ, currentDate: new Date(now * 1000) })
      results[name] = { claims: payload, header: protectedHeader }
    } catch (error) {
      results[name] = { error: error.code }
    }
  }
  return { results, thumbprints: await Promise.all(jwks.keys.map((key) => jose.calculateJwkThumbprint(key))) }
}

const answer = process.argv[2] === 'mint' ? await mint() : await verify(JSON.parse(await text(process.stdin)))
process.stdout.write(JSON.stringify(answer))
