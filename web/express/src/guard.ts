import type { IncomingMessage, ServerResponse } from 'node:http'
import { systemClock, type Clock } from './clock.js'
import { FeedClient } from './feed/client.js'
import { FeedFollower } from './feed/follower.js'
import { Freshness, staleAfter } from './feed/freshness.js'
import { GuardClock } from './feed/guard-clock.js'
import { LiveRequests } from './live-requests.js'
import { Memory } from './memory.js'
import { checkOptions, type CheckedOptions, type GuardOptions } from './options.js'
import { refuse, refusals, type Refusal } from './refusal.js'
import { IndexOfEndings } from './revocations/index-of-endings.js'
import { isSessionId } from './revocations/ids.js'
import type { TokenFacts } from './revocations/revocation.js'
import { ServerConnections } from './server-connections.js'
import { ServerQuestion } from './server-question.js'
import { factsOf, type AccessToken } from './tokens/access-token.js'
import { IssuerKeys } from './tokens/issuer-keys.js'
import { LocalTokens } from './tokens/local-tokens.js'
import { Upkeep } from './upkeep.js'

/** What is decided on a token: nothing known ends it, it has ended, or nobody can say now. */
export type Decision = 'pass' | 'revoked' | 'stale'

/** A request that {@link Guard.protect} has let through carries its verified token. */
export type GuardedRequest = IncomingMessage & { exeunt?: AccessToken }

/** Middleware as Express, Connect and plain Node take it. */
export type Middleware = (request: GuardedRequest, response: ServerResponse, next: (error?: unknown) => void) => void

/** Follows the server's revocations and refuses, from memory, the tokens of sessions that have ended. */
export class Guard {
  private readonly options: CheckedOptions
  private readonly index = new IndexOfEndings()
  private readonly live: LiveRequests
  private readonly freshness: Freshness
  private readonly time: GuardClock
  private readonly tokens: LocalTokens
  private readonly question: ServerQuestion
  private readonly client: FeedClient
  private readonly upkeep: Upkeep
  private readonly stopping = new AbortController()
  private running: Promise<unknown> | undefined

  /** @throws TypeError The options have mistakes; each is named. */
  constructor(options: GuardOptions, clock: Clock = systemClock) {
    const checked = checkOptions(options)
    const { servers, issuer, log, snapshotFile, clientSecret } = checked
    const connections = new ServerConnections(checked)
    const keys = new IssuerKeys(servers, clock, log)
    this.options = checked
    this.live = new LiveRequests(log)
    this.freshness = new Freshness(clock)
    this.time = new GuardClock(clock)
    this.tokens = new LocalTokens(checked, keys, this.index)
    this.question = new ServerQuestion(connections, log)
    const follower = new FeedFollower(this.index, this.freshness, this.time, clock, checked.mostRevocations)
    const tolerance = typeof checked.stale === 'object' ? checked.stale.tolerate : 0
    this.client = new FeedClient(connections, follower, { ...checked, tolerance }, log, () => this.sweep())
    const { index, freshness, time } = this
    const memory =
      snapshotFile === undefined
        ? undefined
        : new Memory(snapshotFile, clientSecret, issuer, { index, follower, freshness, time, keys, clock, log })
    this.upkeep = new Upkeep(index, time, memory, () => this.sweep())
  }

  /** How old the guard's knowledge is, in milliseconds; Infinity when it was never in touch. */
  get age(): number {
    return this.freshness.age
  }

  /** Whether a decision can be had from memory now: for a health check. */
  get isServing(): boolean {
    const { stale } = this.options
    return this.age <= Math.max(staleAfter, typeof stale === 'object' ? stale.tolerate : 0)
  }

  /** Revocations in force. */
  get revocations(): number {
    return this.index.count
  }

  /** Takes in what the file remembers, so that the first request is judged by it, and begins to follow. It does not wait for the server. */
  async start(): Promise<void> {
    if (this.running) return
    await (this.running = this.upkeep.load())
    this.running = Promise.all([this.client.run(this.stopping.signal), this.upkeep.run(this.stopping.signal)])
  }

  /** Says goodbye, leaves the feed and saves what is known. A guard that was stopped does not start again. */
  async stop(): Promise<void> {
    await this.client.sayGoodbye()
    this.stopping.abort()
    await this.running
    await this.upkeep.save()
  }

  /** Lets requests through whose access token is authentic, in its time, for this API, and whose session is alive; puts it into `request.exeunt`. */
  protect(): Middleware {
    if (this.options.audiences.length === 0)
      throw new TypeError(
        'audiences: name this API as tokens do (Tokens:Audience of the server); without it tokens meant for others would pass.',
      )
    return (request, response, next) => {
      this.authenticate(request)
        .catch((failure: unknown) => this.undecided(failure))
        .then((verdict) => {
          if ('status' in verdict) return refuse(response, verdict)
          request.exeunt = verdict
          next()
        })
        .catch((failure: unknown) => this.unanswered(response, failure))
    }
  }

  /**
   * For answers that stay open, such as server-sent events and long polls: behind {@link protect}, cuts the answer when its session ends or its token expires.
   * Not for ordinary requests: the answer to a logout would be cut by its own success.
   */
  cutWhenEnded(): Middleware {
    return (request, response, next) => {
      if (!request.exeunt) return next(new Error('cutWhenEnded() stands behind protect().'))
      response.once(
        'close',
        this.watch(request.exeunt, () => response.destroy()),
      )
      next()
    }
  }

  /**
   * Refuses requests that something else has authenticated and whose session has ended.
   * @param facts What a request says of its session; undefined for one that has none, which then passes.
   */
  behind(facts: (request: IncomingMessage) => TokenFacts | undefined): Middleware {
    return (request, response, next) => {
      this.judge(request, facts)
        .catch((failure: unknown) => this.undecided(failure))
        .then((refusal) => (refusal ? refuse(response, refusal) : next()))
        .catch((failure: unknown) => this.unanswered(response, failure))
    }
  }

  /**
   * Answers 503 whenever the guard's knowledge is older than this, whatever is tolerated elsewhere: for what must not be done by somebody who has left.
   * @param longest In milliseconds. A guard that is in touch is up to five seconds old, so 6000 is the least.
   */
  requireFresh(longest: number): Middleware {
    if (!(longest >= 6000))
      throw new RangeError('longest: must be at least 6000 ms, as heartbeats are five seconds apart.')
    return (_request, response, next) => {
      if (this.age <= longest) next()
      else refuse(response, refusals.stale)
    }
  }

  /** Judges the bearer token of a request: for WebSocket upgrades, and wherever there is no middleware. */
  async authenticate(request: IncomingMessage): Promise<AccessToken | Refusal> {
    const verdict = await this.tokens.judge(authorizationOf(request), this.time.now)
    if ('status' in verdict) return verdict
    const decision = this.isServing ? 'pass' : await this.decide(verdict.facts)
    return decision === 'pass' ? verdict.token : decision === 'revoked' ? refusals.revoked : refusals.stale
  }

  /** Decides on a token that something else has verified. */
  async decide(facts: TokenFacts): Promise<Decision> {
    const token = this.withOwnSession(facts)
    if (this.index.isRevoked(token)) return 'revoked'
    if (this.isServing) return 'pass'
    const answer = this.options.stale === 'ask-server' ? await this.question.isRevoked(token) : undefined
    return answer === undefined ? 'stale' : answer ? 'revoked' : 'pass'
  }

  /**
   * Watches something that lives on under a token, such as a WebSocket, and cuts it when the session ends or the token expires.
   * @returns To be called when it is over by itself.
   */
  watch(token: AccessToken, cut: () => void): () => void {
    const facts = factsOf(token)
    const over = this.live.watch(facts, token.expiresAt * 1000 + this.options.leeway, cut)
    if (this.index.isRevoked(facts)) this.sweep() // it ended between the judgement and now
    return over
  }

  private async judge(
    request: IncomingMessage,
    facts: (request: IncomingMessage) => TokenFacts | undefined,
  ): Promise<Refusal | undefined> {
    const token = facts(request)
    const decision = token ? await this.decide(token) : 'pass'
    return decision === 'pass' ? undefined : decision === 'revoked' ? refusals.revoked : refusals.stale
  }

  // What is left of a request when whoever comes next has thrown: its caller hears that, and the API lives on.
  private unanswered(response: ServerResponse, failure: unknown): void {
    response.destroy()
    this.options.log.error(`A request was not answered: ${String(failure)}`)
  }

  // Whoever could not be judged must not be let through by an app that takes the error for the turn of the next.
  private undecided(failure: unknown): typeof refusals.stale {
    this.options.log.error(`A request could not be judged: ${String(failure)}`)
    return refusals.stale
  }

  private withOwnSession(facts: TokenFacts): TokenFacts {
    const { issuer, session } = facts
    return issuer === this.options.issuer && session !== undefined && isSessionId(session)
      ? { ...facts, ownSession: session }
      : facts
  }

  private sweep(): void {
    this.live.sweep((facts) => this.index.isRevoked(facts), this.time.now)
  }
}

// As they came: the collections that Node makes of them fail for some names, and HTTP/2 has not all of them.
function authorizationOf({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'authorization')
}
