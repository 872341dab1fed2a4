/** The part of the Web Locks API that the kit uses. */
export interface Locks {
  request<T>(name: string, options: { signal?: AbortSignal | undefined }, work: () => Promise<T>): Promise<T>
}

/** The part of BroadcastChannel that the kit uses. */
export interface Channel {
  onmessage: ((event: MessageEvent<unknown>) => void) | null
  postMessage(message: unknown): void
  close(): void
}

/** The events of a page that the kit listens to. */
export type PageEvent = 'storage' | 'pageshow' | 'pagehide' | 'online' | 'visibilitychange'

/**
 * What the kit needs of a browser. Everything is asked for when it is used, never at import, so that modules load on a server too.
 * What a browser does not have, or forbids, is `undefined`.
 */
export interface Platform {
  /** The page's address. */
  readonly href: string
  readonly local: Storage | undefined
  readonly session: Storage | undefined
  readonly locks: Locks | undefined
  readonly databases: IDBFactory | undefined
  readonly caches: CacheStorage | undefined
  /** Milliseconds. Wall clock, because the monotonic one of some browsers stands still while the computer sleeps. */
  now(): number
  /** From 0 to below 1; spreads retries, guards nothing. */
  random(): number
  fetch(url: string | Request, init?: RequestInit): Promise<Response>
  /** Runs something later; the answer cancels it. */
  after(milliseconds: number, run: () => void): () => void
  channel(name: string): Channel | undefined
  /** Listens; the answer stops. */
  listen(type: PageEvent, heard: (event: Event) => void): () => void
  /** Leaves the page without an entry in the history. */
  leave(url: string): void
}

// Reading window.localStorage itself throws where storage is forbidden.
function allowed<T>(read: () => T | undefined): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** The browser that this runs in. */
export const browser: Platform = {
  get href() {
    return location.href
  },
  get local() {
    return allowed(() => globalThis.localStorage)
  },
  get session() {
    return allowed(() => globalThis.sessionStorage)
  },
  get locks() {
    return (globalThis.navigator as { locks?: Locks } | undefined)?.locks
  },
  get databases() {
    return allowed(() => globalThis.indexedDB)
  },
  get caches() {
    return allowed(() => globalThis.caches)
  },
  now: () => Date.now(),
  random: () => Math.random(),
  fetch: (url, init) => globalThis.fetch(url, init),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
  channel: (name) => allowed(() => new BroadcastChannel(name)),
  listen(type, heard) {
    const target = type === 'visibilitychange' ? document : globalThis
    target.addEventListener(type, heard)
    return () => target.removeEventListener(type, heard)
  },
  leave(url) {
    // Offline there would be the browser's error page instead; this one shows its signed-out view.
    if (navigator.onLine) location.replace(url)
  },
}
