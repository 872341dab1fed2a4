import { SignedOutError } from './errors.js'
import type { Grant, User } from './grant.js'
import type { EndReason } from './reasons.js'

/** What the page may show. */
export type SessionState =
  /** Not known yet, or being checked again: show nothing that needs a session. `unreachable`: the server has not answered so far; the kit keeps asking. */
  | { readonly status: 'loading'; readonly unreachable: boolean }
  | { readonly status: 'signed-in'; readonly user: User; readonly sessionId: string }
  /**
   * `reason`: why the last session of this browser ended; undefined when nobody was signed in. `pending`: this device is clean, but the server has not
   * confirmed the logout yet; the kit keeps telling it.
   */
  | { readonly status: 'signed-out'; readonly reason: EndReason | undefined; readonly pending: boolean }

/** The state before anything is known; also what a server renders. */
export const initialState: SessionState = { status: 'loading', unreachable: false }

/** The session of this tab: its state, its token (in memory only) and whatever is in flight for it. */
export class Session {
  #state: SessionState = initialState
  #grant: Grant | undefined
  #life = new AbortController()
  readonly #listeners = new Set<(state: SessionState) => void>()

  get state(): SessionState {
    return this.#state
  }

  /** Whether it is certain that nobody is signed in. */
  get isOut(): boolean {
    return this.#state.status === 'signed-out'
  }

  get grant(): Grant | undefined {
    return this.#grant
  }

  /** Aborts when the session ends. Whoever waits compares it afterwards: another signal means that another life has begun. */
  get life(): AbortSignal {
    return this.#life.signal
  }

  subscribe(listener: (state: SessionState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Somebody is signed in, with this token. */
  hold(grant: Grant): void {
    this.#grant = grant
    this.#publish({ status: 'signed-in', user: grant.user, sessionId: grant.sessionId })
  }

  /** Whether somebody is signed in is being found out. The token is dropped, so nothing is shown or sent on the word of an old page. */
  doubt(unreachable: boolean): void {
    this.#grant = undefined
    this.#publish({ status: 'loading', unreachable })
  }

  /** Nobody is signed in. Aborts everything in flight first, so that no late answer finds a session to add to. */
  end(reason: EndReason | undefined, pending: boolean): void {
    this.#grant = undefined
    const life = this.#life
    this.#life = new AbortController()
    life.abort(new SignedOutError())
    this.#publish({ status: 'signed-out', reason, pending })
  }

  /** The server has confirmed the logout. */
  settled(): void {
    if (this.#state.status === 'signed-out' && this.#state.pending) this.#publish({ ...this.#state, pending: false })
  }

  #publish(state: SessionState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return
    this.#state = state
    for (const listener of [...this.#listeners]) {
      try {
        listener(state)
      } catch (failure) {
        // A listener's mistake must not stop a logout half-way; it is still reported, as any uncaught error is.
        queueMicrotask(() => {
          throw failure
        })
      }
    }
  }
}
