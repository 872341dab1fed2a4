/** Why a sign-in failed. */
export type SignInFailure =
  /** The e-mail address or the password is wrong, or the account is disabled: the server answers all three the same. */
  | 'wrong-credentials'
  /** Too many attempts from here; wait `retryAfter` seconds. */
  | 'throttled'
  /** No answer, or one that says the server cannot do it now. Nothing is wrong with what was typed. */
  | 'unreachable'
  /** The server refuses for another reason, see `detail`. */
  | 'refused'

/** A sign-in failed; nobody is signed in. */
export class SignInError extends Error {
  override readonly name = 'SignInError'

  constructor(
    readonly failure: SignInFailure,
    /** What the server says about it, in words for people; undefined when it said nothing. */
    readonly detail?: string | undefined,
    /** Seconds to wait, when the server named them. */
    readonly retryAfter?: number | undefined,
  ) {
    super(detail ?? failure)
  }
}

/** The session ended while something waited for it: a request was aborted, or a sign-in was overtaken by a logout. */
export class SignedOutError extends Error {
  override readonly name = 'SignedOutError'

  constructor() {
    super('The session has ended.')
  }
}

/** The server answered a request of the kit with an error or with nonsense (`status` 200), or (`status` 0) not at all. */
export class ServerError extends Error {
  override readonly name = 'ServerError'

  constructor(
    readonly status: number,
    detail?: string,
  ) {
    super(detail ?? `The server answered ${status || 'nothing'}.`)
  }
}
