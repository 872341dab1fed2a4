import { pause } from './pause.js'
import type { Platform } from './platform.js'

const lease = 10_000 // milliseconds that a tab which died may block the others, where the browser has no Web Locks

/**
 * Runs work while no other tab of this origin runs work under the same name. Rejects when the signal aborts before its turn; afterwards the signal
 * has no effect. Without Web Locks a lease in localStorage stands in: it can let two in at once, which the server's rotation window forgives.
 */
export function exclusive<T>(
  platform: Platform,
  name: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const locks = platform.locks
  return locks ? locks.request(name, { signal }, work) : leased(platform, name, signal, work)
}

/** The same, but goes ahead alone when its turn has not come after so many milliseconds. */
export async function exclusiveSoon<T>(
  platform: Platform,
  name: string,
  milliseconds: number,
  work: () => Promise<T>,
): Promise<T> {
  const patience = new AbortController()
  const cancel = platform.after(milliseconds, () => patience.abort())
  let started = false
  const start = () => {
    started = true
    return work()
  }
  try {
    return await exclusive(platform, name, patience.signal, start)
  } catch (failure) {
    if (started) throw failure
    return await start()
  } finally {
    cancel()
  }
}

async function leased<T>(
  platform: Platform,
  name: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const key = `exeunt.lock.${name}`
  const me = platform.random().toString(36).slice(2)
  const local = platform.local
  if (!local) return work()

  const write = () => local.setItem(key, `${me} ${platform.now() + lease}`)
  const read = () => (local.getItem(key) ?? '').split(' ')
  const isMine = () => read()[0] === me
  const isFree = () => {
    const left = Number(read()[1]) - platform.now()
    return !(left > 0 && left <= lease) // a lease longer than any that we write was left by a clock that has been set back
  }

  for (;;) {
    if (isFree()) {
      write()
      await pause(platform, 20 + 30 * platform.random(), signal) // whoever wrote last keeps it
      if (isMine()) break
    } else {
      await pause(platform, 50 + 50 * platform.random(), signal)
    }
    signal?.throwIfAborted()
  }

  let renewing: () => void
  const renew = () => {
    if (isMine()) write()
    renewing = platform.after(lease / 3, renew)
  }
  renewing = platform.after(lease / 3, renew)
  try {
    return await work()
  } finally {
    renewing()
    if (isMine()) local.removeItem(key)
  }
}
