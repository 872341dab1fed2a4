/** What kind of thing an ending covers. */
export type Scope = 'token' | 'session' | 'key' | 'user' | 'client' | 'issuer' | 'everyone'

/** What is covered, and for how long: as much of a revocation as is needed to refuse tokens. */
export interface Ending {
  readonly scope: Scope
  /** The issuer within which `key` is unique; empty for everyone. */
  readonly issuer: string
  /** The `jti`, `sid`, `kid`, `sub` or client id; empty for issuer and everyone. */
  readonly key: string
  /** Cut-off for sessions of the server itself: ids that are not greater are covered. */
  readonly beforeSid?: string | undefined
  /** Cut-off for sessions of outside issuers: those that began in this second since 1970 or before are covered. */
  readonly beforeSecond?: number | undefined
  /** The one `sid` that the ending of a user spares. */
  readonly except?: string | undefined
  /** When it can be forgotten, in milliseconds since 1970. */
  readonly expires: number
}

/** An ending as the feed tells it. */
export interface Revocation extends Ending {
  /** Its place in the log; undefined while it has none. */
  readonly place?: { readonly epoch: string; readonly seq: number; readonly prev: number } | undefined
  /** When it was decided, in milliseconds since 1970. */
  readonly at: number
}

/** What a verified token says of itself, as far as an ending can ask for it. */
export interface TokenFacts {
  readonly issuer: string
  readonly subject: string
  readonly session?: string | undefined
  /** The session id, when it is one of the server's own; the guard sees to it. */
  readonly ownSession?: string | undefined
  readonly tokenId?: string | undefined
  readonly client?: string | undefined
  readonly keyId?: string | undefined
  /** When the session behind an outside token began, in seconds since 1970; undefined when the token does not say. */
  readonly sessionBegan?: number | undefined
}

/** Whether an ending of this scope covers all sessions up to a cut-off, rather than one point. */
export function isCutOff(scope: Scope): boolean {
  return scope === 'user' || scope === 'client' || scope === 'issuer' || scope === 'everyone'
}

/** The one rule: whether this token must be refused because of this ending. */
export function covers(ending: Ending, token: TokenFacts): boolean {
  const here = token.issuer === ending.issuer
  switch (ending.scope) {
    case 'token':
      return here && token.tokenId === ending.key
    case 'session':
      return here && token.session === ending.key
    case 'key':
      return here && token.keyId === ending.key
    case 'user':
      return here && token.subject === ending.key && isNotSpared(ending, token) && isBefore(ending, token)
    case 'client':
      return here && token.client === ending.key && isBefore(ending, token)
    case 'issuer':
      return here && isBefore(ending, token)
    case 'everyone':
      return isBefore(ending, token)
  }
}

function isNotSpared(ending: Ending, token: TokenFacts): boolean {
  return ending.except === undefined || token.session !== ending.except
}

// An age that nobody knows is refused: the cut-off is forgotten only when no session that old can be left.
function isBefore(ending: Ending, token: TokenFacts): boolean {
  if (token.ownSession !== undefined) return ending.beforeSid !== undefined && token.ownSession <= ending.beforeSid
  return (
    ending.beforeSecond !== undefined && (token.sessionBegan === undefined || token.sessionBegan <= ending.beforeSecond)
  )
}
