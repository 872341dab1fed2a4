import { staleAfter } from './feed/freshness.js'
import type { Log } from './log.js'
import type { TokenFacts } from './revocations/revocation.js'
import { discard, readBounded, type ServerConnections } from './server-connections.js'
import { instant, parseObject } from './strict-json.js'
import { why } from './why.js'

const mostAtOnce = 64 // a guard that is stale must not become a flood
const patience = 2000
const mostBytes = 16 * 1024

/** Asks the server about one token, by what it says of itself; the token is not sent. Its answer counts only while the server itself is fresh. */
export class ServerQuestion {
  private underWay = 0

  constructor(
    private readonly connections: ServerConnections,
    private readonly log: Log,
  ) {}

  /** Whether the token must be refused; undefined when nobody can say. */
  async isRevoked(token: TokenFacts): Promise<boolean | undefined> {
    if (this.underWay >= mostAtOnce) return undefined
    this.underWay++
    try {
      for (const server of this.connections.servers) {
        const answer = await this.tryAsk(server, token)
        if (answer !== undefined) return answer
      }

      return undefined
    } finally {
      this.underWay--
    }
  }

  private async tryAsk(server: URL, token: TokenFacts): Promise<boolean | undefined> {
    const question = {
      issuer: token.issuer,
      subject: token.subject,
      session: token.session,
      token_id: token.tokenId,
      client: token.client,
      key_id: token.keyId,
      session_began: token.sessionBegan,
    }
    try {
      const url = new URL('api/v1/revocations/check', server)
      const response = await this.connections.post(url, question, AbortSignal.timeout(patience))
      if (response.status !== 200) {
        await discard(response)
        return undefined
      }

      const json = parseObject(await readBounded(response, mostBytes)) ?? {}
      const [time, asOf] = [instant(json, 'time'), instant(json, 'as_of')]
      if (json['revoked'] === true) return true
      return json['revoked'] === false && time !== undefined && asOf !== undefined && time - asOf <= staleAfter
        ? false
        : undefined
    } catch (failure) {
      this.log.warn(`${server.href} cannot be asked about a token: ${why(failure)}`)
      return undefined
    }
  }
}
