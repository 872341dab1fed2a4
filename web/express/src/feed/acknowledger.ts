import { discard, type ServerConnections } from '../server-connections.js'
import { writePlace, type Place } from './place.js'

const patience = 5000
const patienceAtTheEnd = 1000

/** Tells the server how far this guard enforces, for one stream. Acknowledgements are cumulative, so one is under way at a time and only the newest waits. */
export class Acknowledger {
  private waiting: Place | undefined
  private isTelling = false

  constructor(
    private readonly connections: ServerConnections,
    private readonly server: URL,
    private readonly stream: string,
    private readonly signal: AbortSignal,
  ) {}

  /** To be told as soon as the one before is through. */
  tell(upTo: Place): void {
    this.waiting = upTo
    if (!this.isTelling) void this.tellAll()
  }

  /** Tells that this API stops, so that the server does not count it as lost. If that fails, it is counted so. */
  async sayGoodbye(): Promise<void> {
    await this.post({ stream: this.stream, leaving: true }, AbortSignal.timeout(patienceAtTheEnd))
  }

  private async tellAll(): Promise<void> {
    this.isTelling = true
    while (this.waiting && !this.signal.aborted) {
      const upTo = this.waiting
      this.waiting = undefined
      const signal = AbortSignal.any([this.signal, AbortSignal.timeout(patience)])
      await this.post({ stream: this.stream, id: writePlace(upTo) }, signal)
    }

    this.isTelling = false
  }

  private async post(body: object, signal: AbortSignal): Promise<void> {
    try {
      await discard(await this.connections.post(new URL('api/v1/revocations/ack', this.server), body, signal))
    } catch {
      // The next acknowledgement says this one, too.
    }
  }
}
