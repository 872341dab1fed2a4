import { ForgetEverything } from './forget.js'
import type { ExeuntOptions } from './options.js'
import type { Platform } from './platform.js'
import { Server } from './server.js'
import { Session } from './session.js'
import { Store } from './store.js'
import { Tabs } from './tabs.js'

/** The parts of one client, handed to everything that it does. */
export interface Kit {
  readonly platform: Platform
  readonly options: ExeuntOptions
  readonly server: Server
  readonly session: Session
  readonly store: Store
  readonly tabs: Tabs
  readonly forgetting: ForgetEverything
  /** The binder of the session that this tab holds or restores; undefined when it has none. */
  binder: string | undefined
  /** The refreshes under way in this tab, by the life that they are for. */
  readonly refreshing: WeakMap<AbortSignal, Promise<boolean>>
  /** Set while the kit is telling the server about a pending logout. */
  settling: Promise<void> | undefined
}

/** Name of the lock that whoever changes the cookie holds: one at a time, in all tabs. */
export const cookieLock = 'exeunt.cookie'

/** Puts the parts together. */
export function createKit(options: ExeuntOptions, platform: Platform): Kit {
  return {
    platform,
    options,
    server: new Server(platform, options.server ?? '/'),
    session: new Session(),
    store: new Store(platform),
    tabs: new Tabs(platform),
    forgetting: new ForgetEverything(platform, options.forget ?? {}),
    binder: undefined,
    refreshing: new WeakMap(),
    settling: undefined,
  }
}
