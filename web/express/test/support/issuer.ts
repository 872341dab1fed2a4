import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose'
import { issuer, sessionId } from './endings.js'

/** An issuer of tokens, made with somebody else's library. */
export class Issuer {
  private constructor(
    private readonly key: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'],
    readonly jwk: JWK,
    readonly keyId: string,
  ) {}

  static async create(keyId = 'kid-1'): Promise<Issuer> {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    return new Issuer(privateKey, { ...(await exportJWK(publicKey)), kid: keyId, alg: 'ES256', use: 'sig' }, keyId)
  }

  get document(): string {
    return JSON.stringify({ keys: [this.jwk] })
  }

  /** A token that is right in all but what is given. A claim or header of undefined is left out. */
  sign(now: number, claims: JWTPayload = {}, header: Record<string, unknown> = {}): Promise<string> {
    const seconds = Math.floor(now / 1000)
    const whole = {
      ...{ iss: issuer, sub: 'usr_ada', aud: 'orders', client_id: 'web', jti: 'jti-1', sid: sessionId(1) },
      ...{ iat: seconds, exp: seconds + 900, ...claims },
    }
    return new SignJWT(whole)
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: this.keyId, ...header })
      .sign(this.key)
  }
}
