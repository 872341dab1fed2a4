import { pause } from './pause.js'
import type { Platform } from './platform.js'

/** Names to clear: all there are, or those listed. */
export type Names = 'all' | readonly (string | RegExp)[]

/** What the app keeps in the browser about the person. Nothing is cleared by default but what the kit itself wrote. */
export interface ForgetList {
  readonly localStorage?: Names
  readonly sessionStorage?: Names
  /** Databases. A browser that cannot list them (Firefox before 126) has them reported as survivors. */
  readonly indexedDB?: Names
  /** Caches of the Cache Storage. */
  readonly caches?: Names
}

/** Something else to clear, such as a query cache. Runs in every tab. */
export type Forgetter = () => unknown

/** A place where things are kept under names. */
interface Place {
  readonly label: string
  readonly names: Names | undefined
  readonly list: () => string[] | Promise<string[]>
  readonly remove: (name: string) => unknown
}

const longest = 1000 // milliseconds for any one thing; an IndexedDB that another tab holds open must not stop a logout

/** Clears what is known about a person, then looks again and says what is still there. */
export class ForgetEverything {
  readonly #forgetters = new Set<readonly [name: string, forgetter: Forgetter]>()

  constructor(
    private readonly platform: Platform,
    private readonly list: ForgetList,
  ) {}

  /** Adds something of the app's; the answer takes it away again. */
  register(name: string, forgetter: Forgetter): () => void {
    const entry = [name, forgetter] as const
    this.#forgetters.add(entry)
    return () => this.#forgetters.delete(entry)
  }

  /** What belongs to this tab alone: its session storage and what the app registered. Answers with what survived. */
  async inThisTab(): Promise<string[]> {
    const { platform, list } = this
    return this.#all([
      ...[...this.#forgetters].map(async ([name, forgetter]) => ((await this.#soon(forgetter)) ? [] : [name])),
      this.#clear(storage('sessionStorage', list.sessionStorage, platform.session)),
    ])
  }

  /** What all tabs share as well. Answers with what survived, as `IndexedDB: orders`. */
  async everywhere(): Promise<string[]> {
    const { platform, list } = this
    const { databases, caches } = platform
    return this.#all([
      this.inThisTab(),
      this.#clear(storage('localStorage', list.localStorage, platform.local)),
      databases && this.#clear(databasesOf(databases, list.indexedDB)),
      caches &&
        this.#clear({
          label: 'Cache Storage',
          names: list.caches,
          list: () => caches.keys(),
          remove: (name) => caches.delete(name),
        }),
    ])
  }

  async #all(parts: readonly (Promise<string[]> | undefined)[]): Promise<string[]> {
    return (await Promise.all(parts.filter((part) => part !== undefined))).flat()
  }

  async #clear({ label, names, list, remove }: Place): Promise<string[]> {
    if (!names) return []
    const survived = new Set<string>()
    const doomed = async () =>
      (await list()).filter(
        (name) =>
          !name.startsWith('exeunt.') && // ours; each part of the kit takes its own away
          (names === 'all' ||
            names.some((wanted) => (typeof wanted === 'string' ? wanted === name : wanted.test(name)))),
      )
    const looked = await this.#soon(async () => {
      await Promise.all(
        (await doomed()).map(async (name) => {
          if (!(await this.#soon(() => remove(name)))) survived.add(name)
        }),
      )
      for (const name of await doomed()) survived.add(name)
    }, 2 * longest)
    return looked ? [...survived].map((name) => `${label}: ${name}`) : [label]
  }

  // Whether it was done, in time and without an error.
  #soon(work: () => unknown, within = longest): Promise<boolean> {
    const patience = new AbortController()
    return Promise.race([
      (async () => {
        try {
          await work()
          return true
        } catch {
          return false
        } finally {
          patience.abort()
        }
      })(),
      pause(this.platform, within, patience.signal).then(() => false),
    ])
  }
}

function storage(label: string, names: Names | undefined, place: Storage | undefined): Place {
  return { label, names, list: () => Object.keys(place ?? {}), remove: (name) => place?.removeItem(name) }
}

function databasesOf(databases: IDBFactory, names: Names | undefined): Place {
  return {
    label: 'IndexedDB',
    names,
    list: async () => (await databases.databases()).map(({ name }) => name ?? ''),
    remove: (name) =>
      new Promise((resolve, reject) => {
        const request = databases.deleteDatabase(name)
        request.onsuccess = resolve
        request.onerror = () => reject(new Error(name))
      }),
  }
}
