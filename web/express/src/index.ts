import type { AccessToken } from './tokens/access-token.js'

export { Guard, type Decision, type GuardedRequest, type Middleware } from './guard.js'
export type { Log } from './log.js'
export type { GuardOptions, Stale } from './options.js'
export type { Refusal } from './refusal.js'
export type { TokenFacts } from './revocations/revocation.js'
export type { AccessToken } from './tokens/access-token.js'

declare global {
  namespace Express {
    interface Request {
      /** The verified token of a request that the guard has let through. */
      exeunt?: AccessToken
    }
  }
}
