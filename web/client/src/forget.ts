import { pause } from './pause.js'
import type { Platform } from './platform.js'
import { storeKey } from './store.js'

/** Names to clear: all there are, or those listed. */
export type Names = 'all' | readonly (string | RegExp)[]

/** What the app keeps in the browser about the person. Nothing is cleared by default but what the kit itself wrote. */
export interface ForgetList {
  readonly localStorage?: Names
  readonly sessionStorage?: Names
  /** Databases. `'all'` and patterns need `indexedDB.databases()`. */
  readonly indexedDB?: Names
  /** Caches of the Cache Storage. */
  readonly caches?: Names
}

/** Something else to clear, such as a query cache. Runs in every tab. */
export type Forgetter = () => unknown

const ownKeys: Names = [/^exeunt\./]
const longest = 1000 // milliseconds for any one thing; an IndexedDB that another tab holds open must not stop a logout

/** Clears what is known about a person, then looks again and says what is still there. */
export class ForgetEverything {
  readonly #forgetters = new Map<string, Set<Forgetter>>()

  constructor(
    private readonly platform: Platform,
    private readonly list: ForgetList,
  ) {}

  /** Adds something of the app's; the answer takes it away again. */
  register(name: string, forgetter: Forgetter): () => void {
    const named = this.#forgetters.get(name) ?? new Set()
    this.#forgetters.set(name, named.add(forgetter))
    return () => named.delete(forgetter)
  }

  /** What belongs to this tab alone: its session storage and what the app registered. Answers with what survived. */
  async inThisTab(): Promise<string[]> {
    const survived: string[] = []
    const waits = [...this.#forgetters].flatMap(([name, all]) =>
      [...all].map(async (forgetter) => {
        if (!(await this.#soon(async () => forgetter()))) survived.push(name)
      }),
    )
    survived.push(...this.#clear('sessionStorage', this.platform.session, this.list.sessionStorage))
    await Promise.all(waits)
    return survived
  }

  /** What all tabs share as well. Answers with what survived, as `IndexedDB: orders`. */
  async everywhere(): Promise<string[]> {
    const local = this.#clear('localStorage', this.platform.local, this.list.localStorage)
    const rest = await Promise.all([this.inThisTab(), this.#clearDatabases(), this.#clearCaches()])
    return [...local, ...rest.flat()]
  }

  #clear(name: string, storage: Storage | undefined, names: Names = []): string[] {
    const doomed = () =>
      Array.from({ length: storage?.length ?? 0 }, (_, at) => storage?.key(at) ?? '').filter(
        (key) => key !== storeKey && (matches(ownKeys, key) || matches(names, key)) && !key.startsWith('exeunt.lock.'),
      )
    try {
      for (const key of doomed()) storage?.removeItem(key)
      return doomed().map((key) => `${name}: ${key}`)
    } catch {
      return [name]
    }
  }

  async #clearDatabases(): Promise<string[]> {
    const { databases } = this.platform
    const { indexedDB: names } = this.list
    if (!databases || !names) return []
    const plain = names === 'all' ? [] : names.filter((name) => typeof name === 'string')
    const listed = async () => {
      const all = 'databases' in databases ? await databases.databases() : []
      return all.flatMap(({ name }) => (name !== undefined && matches(names, name) ? [name] : []))
    }
    return this.#remove('IndexedDB', listed, plain, (name) => {
      const request = databases.deleteDatabase(name)
      return new Promise<void>((resolve, reject) => {
        request.onsuccess = () => resolve()
        request.onerror = () => reject(request.error ?? new Error(name))
      })
    })
  }

  async #clearCaches(): Promise<string[]> {
    const { caches } = this.platform
    const { caches: names } = this.list
    if (!caches || !names) return []
    const listed = async () => (await caches.keys()).filter((name) => matches(names, name))
    return this.#remove('Cache Storage', listed, [], (name) => caches.delete(name))
  }

  // Deletes what is listed and what is named; what is listed afterwards, or could not be deleted in time, has survived.
  async #remove(
    kind: string,
    listed: () => Promise<string[]>,
    named: readonly string[],
    remove: (name: string) => Promise<unknown>,
  ): Promise<string[]> {
    const survived = new Set<string>()
    const done = await this.#soon(async () => {
      const names = new Set([...named, ...(await listed())])
      await Promise.all(
        [...names].map(async (name) => {
          if (!(await this.#soon(() => remove(name)))) survived.add(name)
        }),
      )
      for (const name of await listed()) survived.add(name)
    }, 2 * longest)
    return done ? [...survived].map((name) => `${kind}: ${name}`) : [kind]
  }

  // Whether it was done, in time and without an error.
  async #soon(work: () => Promise<unknown>, within = longest): Promise<boolean> {
    const done = work().then(
      () => true,
      () => false,
    )
    return Promise.race([done, pause(this.platform, within).then(() => false)])
  }
}

function matches(names: Names, key: string): boolean {
  return names === 'all' || names.some((name) => (typeof name === 'string' ? name === key : name.test(key)))
}
