import { refusals, type Refusal } from '../refusal.js'
import type { IndexOfEndings } from '../revocations/index-of-endings.js'
import { factsOf, verifyAccessToken, type TokenRules, type TokenVerdict } from './access-token.js'
import { readBearer } from './bearer.js'
import type { IssuerKeys } from './issuer-keys.js'
import { VerifiedTokens, type Verified } from './verified-tokens.js'

const longestTrust = 5 * 60_000 // milliseconds for which a verified token is not verified again, so that a key that is withdrawn stops counting

/**
 * Judges access tokens where they are used. A token that was verified before costs a hash and the index; otherwise its signature is verified with the keys of its
 * issuer. The index is asked every time.
 */
export class LocalTokens {
  private readonly verified: VerifiedTokens

  constructor(
    private readonly rules: TokenRules & { readonly rememberedTokens: number },
    private readonly keys: IssuerKeys,
    private readonly index: IndexOfEndings,
  ) {
    this.verified = new VerifiedTokens(rules.rememberedTokens)
  }

  /** The verified token of these `Authorization` headers, or why there is none. It may wait for keys, within bounds. */
  async judge(headers: readonly string[] | undefined, now: number): Promise<Verified | Refusal> {
    const bearer = readBearer(headers)
    if (!bearer) return refusals.missing
    if ('mistake' in bearer) return { status: 400, reason: 'malformed', detail: bearer.mistake }

    const name = this.verified.nameOf(bearer.token)
    const known = this.verified.find(name, now)
    if (known) return this.index.isRevoked(known.facts) ? refusals.revoked : known

    const verdict = await this.verify(bearer.token, now)
    if (!verdict) return refusals.noKeys
    if (!('token' in verdict)) return refusals.invalid
    const { token } = verdict
    const facts = factsOf(token)
    if (this.index.isRevoked(facts)) return refusals.revoked
    if (verdict.kind === 'expired') return refusals.expired

    const verified: Verified = {
      token,
      facts,
      until: Math.min(token.expiresAt * 1000 + this.rules.leeway, now + longestTrust),
    }
    this.verified.add(name, verified)
    return verified
  }

  private async verify(token: string, now: number): Promise<TokenVerdict | undefined> {
    const keys = await this.keys.current()
    if (!keys) return undefined
    const verdict = verifyAccessToken(token, keys, this.rules, now)
    if (verdict.kind !== 'unknown-key') return verdict
    const newer = await this.keys.newerThan(keys)
    return newer ? verifyAccessToken(token, newer, this.rules, now) : verdict
  }
}
