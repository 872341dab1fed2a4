interface Waiter {
  readonly owner: number
  start: () => void
}

/** Web Locks across tabs, each lock with its queue; a tab that dies lets go of its own. */
export class SimulatedLocks {
  readonly #held = new Map<string, number>()
  readonly #queues = new Map<string, Waiter[]>()

  request<T>(owner: number, name: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const queue = this.#queues.get(name) ?? []
      this.#queues.set(name, queue)
      const waiter: Waiter = {
        owner,
        start: () => {
          signal?.removeEventListener('abort', give)
          this.#held.set(name, owner)
          void work()
            .then(resolve, reject)
            .finally(() => this.#release(name, owner))
        },
      }
      const give = () => {
        queue.splice(queue.indexOf(waiter), 1)
        reject(new DOMException('aborted', 'AbortError'))
      }
      if (signal?.aborted) {
        reject(new DOMException('aborted', 'AbortError'))
        return
      }
      signal?.addEventListener('abort', give)
      queue.push(waiter)
      this.#next(name)
    })
  }

  holder(name: string): number | undefined {
    return this.#held.get(name)
  }

  die(owner: number): void {
    for (const queue of this.#queues.values())
      queue.splice(0, queue.length, ...queue.filter((waiter) => waiter.owner !== owner))
    for (const [name, holder] of this.#held) if (holder === owner) this.#release(name, owner)
  }

  #release(name: string, owner: number): void {
    if (this.#held.get(name) !== owner) return
    this.#held.delete(name)
    this.#next(name)
  }

  // Granted in a microtask of its own, as a browser grants them: never inside the call that asked.
  #next(name: string): void {
    queueMicrotask(() => {
      if (this.#held.has(name)) return
      this.#queues.get(name)?.shift()?.start()
    })
  }
}
