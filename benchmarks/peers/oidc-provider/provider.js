// An OpenID provider with one confidential client. Access tokens are opaque, so that a revocation is enforced wherever they are looked up.
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Provider } from 'oidc-provider';

export const CLIENT = 'bench';
const DAY = 24 * 3600;

export const newProvider = (adapter) =>
  new Provider('http://bench', {
    adapter,
    clients: [
      {
        client_id: CLIENT,
        client_secret: process.env.PEER_SECRET,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['https://app.example/callback'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...createPrivateKey(readFileSync(process.env.PEER_KEY)).export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'bench' }] },
    cookies: { keys: [process.env.PEER_SECRET] },
    features: { devInteractions: { enabled: false }, introspection: { enabled: true }, revocation: { enabled: true } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: () => 'https://app.example/sign-in' },
    rotateRefreshToken: true,
    ttl: { AccessToken: 3600, Grant: 14 * DAY, IdToken: 3600, Interaction: 3600, RefreshToken: 14 * DAY, Session: 14 * DAY },
  });
