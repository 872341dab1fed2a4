import { setTimeout as pause } from 'node:timers/promises'
import type { GuardClock } from './feed/guard-clock.js'
import type { Memory } from './memory.js'
import type { IndexOfEndings } from './revocations/index-of-endings.js'

const every = 5000
const saveEvery = 30_000
const forgetEvery = 60_000
const restAfterSave = 20 // times as long as it took: what is large is saved less often

/** What has to be done now and then: cutting what has expired, forgetting, saving. */
export class Upkeep {
  constructor(
    private readonly index: IndexOfEndings,
    private readonly time: GuardClock,
    private readonly memory: Memory | undefined,
    private readonly sweep: () => void,
  ) {}

  async load(): Promise<void> {
    await this.memory?.load()
  }

  async save(): Promise<void> {
    await this.memory?.save()
  }

  /** Goes on until stopped. */
  async run(stopping: AbortSignal): Promise<void> {
    let save = performance.now() + saveEvery
    let forget = performance.now() + forgetEvery
    while (!stopping.aborted) {
      await pause(every, undefined, { signal: stopping, ref: false }).catch(() => undefined)
      if (stopping.aborted) return
      this.sweep()
      const now = performance.now()
      if (now >= forget) {
        await this.index.removeExpired(this.time.forgetting)
        forget = now + forgetEvery
      }

      if (now >= save) {
        const begun = performance.now()
        await this.save()
        save = begun + Math.max(saveEvery, restAfterSave * (performance.now() - begun))
      }
    }
  }
}
