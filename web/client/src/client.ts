import { endDevices, listDevices, type Device } from './devices.js'
import { fetchSignedIn } from './fetch.js'
import type { Forgetter } from './forget.js'
import { createKit } from './kit.js'
import { logout, type LogoutResult } from './logout.js'
import type { ExeuntOptions } from './options.js'
import { browser, type Platform } from './platform.js'
import { Presence } from './presence.js'
import type { SessionState } from './session.js'
import { signIn, type Credentials } from './sign-in.js'

/** Signs people in and out of one Exeunt server, for all tabs of this origin. */
export interface Exeunt {
  /** What the page may show now. The same object until it changes. */
  readonly state: SessionState
  /** Calls back after every change; the answer stops it. */
  subscribe(listener: (state: SessionState) => void): () => void
  /**
   * Call once when the page runs. A logout that the server has not heard of is completed before anything else; otherwise the session is restored, other
   * tabs are listened to, and so is the server. The answer stops all of it.
   */
  start(): () => void
  /** Signs in. Rejects with SignInError. */
  signIn(who: Credentials): Promise<void>
  /** Signs out here, in all tabs and at the server. Never rejects; a second call while one runs is the same one. */
  logout(): Promise<LogoutResult>
  /** The same, and ends all other sessions of the person. */
  logoutEverywhere(): Promise<LogoutResult>
  /** `fetch` with the access token, for the page's origin, the server's and `apis`. Never loops on 401. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>
  /** The person's sessions. */
  devices(): Promise<readonly Device[]>
  /** Ends another session of the person; for this one, use `logout`. Answers with how many ended. */
  endDevice(id: string): Promise<number>
  /** Ends all sessions but this one. Answers with how many ended. */
  endOtherDevices(): Promise<number>
  /** Registers something to clear when the session ends, such as a query cache; it runs in every tab. The answer takes it back. */
  onForget(name: string, forgetter: Forgetter): () => void
}

/** Makes a client. Touches nothing of the browser until `start`, so it may stand in a module that a server loads too. */
export function createExeunt(options: ExeuntOptions = {}, platform: Platform = browser): Exeunt {
  const kit = createKit(options, platform)
  const presence = new Presence(kit)
  let leaving: Promise<LogoutResult> | undefined
  let leavingEverywhere = false

  const leave = (everywhere: boolean): Promise<LogoutResult> => {
    if (leaving && (leavingEverywhere || !everywhere)) return leaving
    leavingEverywhere = everywhere
    const started = logout(kit, everywhere).finally(() => {
      if (leaving === started) leaving = undefined
    })
    return (leaving = started)
  }

  return {
    get state() {
      return kit.session.state
    },
    subscribe: (listener) => kit.session.subscribe(listener),
    start: () => presence.begin(),
    signIn: (who) => signIn(kit, who),
    logout: () => leave(false),
    logoutEverywhere: () => leave(true),
    fetch: (input, init) => fetchSignedIn(kit, input, init),
    devices: () => listDevices(kit),
    endDevice: (id) => endDevices(kit, id),
    endOtherDevices: () => endDevices(kit, 'others'),
    onForget: (name, forgetter) => kit.forgetting.register(name, forgetter),
  }
}
