import type { ForgetList } from './forget.js'

/** How the kit is set up. Everything has a default that fits an app served from the same origin as the Exeunt server. */
export interface ExeuntOptions {
  /** Address of the Exeunt server. Default: the page's own origin. It must be on the same site as the page: its cookie is `SameSite=Strict`. */
  readonly server?: string
  /** Further origins (`https://api.example.com`) that `fetch` gives the access token to. The page's and the server's own are always among them. */
  readonly apis?: readonly string[]
  /** Where every tab goes when the session ends, by `location.replace`. Default: nowhere, the app shows its signed-out view itself. */
  readonly afterLogout?: string
  /** What the app itself keeps in the browser about the person. What the kit keeps is always cleared. */
  readonly forget?: ForgetList
  /** The client's id at the server; undefined for the default client. */
  readonly clientId?: string
  /** The server's `Sessions:RotationWindow` in milliseconds. A refresh is aborted at 0.8 of it (DESIGN §5). Default 30 000. */
  readonly rotationWindow?: number
  /** How long a logout waits for the server, in milliseconds; after that it goes on without it and the logout stays pending. Default 1 000. */
  readonly logoutTimeout?: number
  /**
   * Whether to listen for the session's end elsewhere. One open tab then refreshes for as long as it is open; where only the person's own activity may
   * keep a session alive (PCI DSS 8.2.8), set it to false. Default true.
   */
  readonly watch?: boolean
}
