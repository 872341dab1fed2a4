// The OAuth routes as clients of other makers use them. Reads { issuer, address, client, secret, sessions: [{ access, refresh }, …] } from stdin, writes what it saw to stdout.
//   node oauth.mjs oauth4webapi
//   node oauth.mjs openid-client
import { text } from 'node:stream/consumers'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'

const { issuer, address, client, secret, sessions } = JSON.parse(await text(process.stdin))

// The issuer has a name that only its tokens know; where it really listens is said here.
const through = (url, options) => fetch(url.replace(issuer, address), options)

const seen = process.argv[2] === 'oauth4webapi' ? await withOauth4webapi(sessions) : await withOpenidClient(sessions)
process.stdout.write(JSON.stringify(seen))

async function withOauth4webapi([refreshed, revoked]) {
  const plain = { [oauth.customFetch]: through }
  const url = new URL(issuer)
  const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...plain }))
  const self = { client_id: client }
  const basic = oauth.ClientSecretBasic(secret)
  const introspect = async (token) => oauth.processIntrospectionResponse(as, self, await oauth.introspectionRequest(as, self, basic, token, plain))
  const refresh = async (token, auth = basic) => oauth.processRefreshTokenResponse(as, self, await oauth.refreshTokenGrantRequest(as, self, auth, token, plain))

  const tokens = await refresh(refreshed.refresh)
  const alive = await introspect(tokens.access_token)
  const aliveRefresh = await introspect(tokens.refresh_token)
  const wrongSecret = await refresh(tokens.refresh_token, oauth.ClientSecretBasic('exs_wrong')).catch((error) => ({ name: error.name, status: error.status }))
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, self, basic, revoked.access, plain))
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, self, basic, revoked.access, plain))
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, self, basic, 'unknown', plain))
  const afterwards = await refresh(revoked.refresh).catch((error) => ({ error: error.error, status: error.status }))
  return { metadata: as, tokens, alive, aliveRefresh, wrongSecret, dead: await introspect(revoked.access), deadRefresh: await introspect(revoked.refresh), afterwards }
}

async function withOpenidClient([refreshed, revoked]) {
  const config = await openid.discovery(new URL(issuer), client, secret, openid.ClientSecretBasic(secret), { algorithm: 'oauth2', [openid.customFetch]: through })
  const tokens = await openid.refreshTokenGrant(config, refreshed.refresh)
  const alive = await openid.tokenIntrospection(config, tokens.access_token)
  const aliveRefresh = await openid.tokenIntrospection(config, tokens.refresh_token)
  const other = new openid.Configuration(config.serverMetadata(), client, 'exs_wrong', openid.ClientSecretBasic('exs_wrong'))
  other[openid.customFetch] = through
  const wrongSecret = await openid.refreshTokenGrant(other, tokens.refresh_token).catch((error) => ({ name: error.name, status: error.status }))
  await openid.tokenRevocation(config, revoked.refresh)
  await openid.tokenRevocation(config, revoked.refresh)
  await openid.tokenRevocation(config, 'unknown')
  const afterwards = await openid.refreshTokenGrant(config, revoked.refresh).catch((error) => ({ error: error.error, status: error.status }))
  const dead = await openid.tokenIntrospection(config, revoked.access)
  return { metadata: config.serverMetadata(), tokens, alive, aliveRefresh, wrongSecret, dead, deadRefresh: await openid.tokenIntrospection(config, revoked.refresh), afterwards }
}
