import { randomInt } from 'node:crypto'
import { setImmediate, setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../log.js'
import { discard, type ServerConnections } from '../server-connections.js'
import { Acknowledger } from './acknowledger.js'
import { FeedBroken } from './broken.js'
import { readEvents } from './events.js'
import type { FeedFollower } from './follower.js'
import { writePlace } from './place.js'
import { why } from '../why.js'

const mostOfAnEvent = 8 * 1024 * 1024 // characters
const firstPause = 250
const longestPause = 10_000
const silence = 15_000 // three heartbeats
const mostSeconds = 2 ** 31 - 1 // as the server counts

/** Who this guard is in lists and receipts. */
export interface GuardName {
  readonly name: string | undefined
  readonly instance: string
  /** For how long it goes on when it has lost the feed, in milliseconds. */
  readonly tolerance: number
}

/** Follows the feed of one of the server's addresses; when it breaks, turns to the next, soon at first, then less and less often, never in step with others. */
export class FeedClient {
  private following: Acknowledger | undefined

  /**
   * @param onChange Called after each event that may have ended something.
   */
  constructor(
    private readonly connections: ServerConnections,
    private readonly follower: FeedFollower,
    private readonly who: GuardName,
    private readonly log: Log,
    private readonly onChange: () => void,
  ) {}

  /** Follows until stopped. */
  async run(stopping: AbortSignal): Promise<void> {
    const { servers } = this.connections
    let failures = 0
    for (let turn = 0; !stopping.aborted; turn++) {
      const server = servers[turn % servers.length]
      if (server) failures = (await this.tryFollow(server, stopping)) ? 0 : failures + 1
      await pause(pauseAfter(failures), undefined, { signal: stopping }).catch(() => undefined)
    }
  }

  /** Says goodbye, while a stream is followed. */
  async sayGoodbye(): Promise<void> {
    await this.following?.sayGoodbye()
  }

  /** True when the stream has lived: then its end is no reason to wait longer. */
  private async tryFollow(server: URL, stopping: AbortSignal): Promise<boolean> {
    const silent = new AbortController()
    const timer = setTimeout(() => silent.abort(new Error('nothing came for 15 seconds')), silence)
    const ended = new AbortController()
    const either = AbortSignal.any([stopping, silent.signal, ended.signal])
    let hasLived = false
    try {
      this.follower.begin()
      const response = await this.connections.send(this.address(server), { headers: this.headers(), signal: either })
      if (
        response.status !== 200 ||
        !response.headers.get('Content-Type')?.startsWith('text/event-stream') ||
        !response.body
      ) {
        await discard(response)
        this.log.warn(
          `${server.href} answers ${response.status} instead of its revocations: check the client's credentials and scope`,
        )
        return false
      }

      const acknowledger = new Acknowledger(
        this.connections,
        server,
        response.headers.get('Exeunt-Stream') ?? '',
        either,
      )
      this.following = acknowledger
      for await (const event of readEvents(response.body, mostOfAnEvent)) {
        timer.refresh()
        const upTo = this.follower.take(event)
        if (upTo) acknowledger.tell(upTo)
        if (event.name === 'heartbeat' && !hasLived) {
          hasLived = true
          this.log.info(`Following the revocations of ${server.href}`)
        } else if (event.name === 'revocation' || event.name === 'snapshot') {
          this.onChange()
          if (event.name === 'snapshot') await setImmediate() // requests are answered between two parts
        }
      }

      this.log.info(`${server.href} ended the stream of revocations`)
    } catch (failure) {
      if (stopping.aborted) return hasLived
      hasLived &&= !(failure instanceof FeedBroken) // a server that goes on like this is not asked in a hurry
      if (failure instanceof FeedBroken)
        this.log.error(`The stream of ${server.href} is not to be trusted and was left: ${failure.message}`)
      else this.log.warn(`The stream of ${server.href} was lost: ${why(silent.signal.reason ?? failure)}`)
    } finally {
      this.following = undefined
      clearTimeout(timer)
      ended.abort()
    }

    return hasLived
  }

  private address(server: URL): URL {
    const address = new URL('api/v1/revocations/stream', server)
    const { name, instance, tolerance } = this.who
    const seconds = `${Math.min(Math.trunc(tolerance / 1000), mostSeconds)}`
    address.search = new URLSearchParams({ name: name ?? '', instance, tolerance: seconds }).toString()
    return address
  }

  private headers(): Record<string, string> {
    const place = this.follower.resumeFrom
    return { Accept: 'text/event-stream', ...(place && { 'Last-Event-ID': writePlace(place) }) }
  }
}

// Between nothing and the limit, so that a thousand guards do not come back at the same moment.
function pauseAfter(failures: number): number {
  return 1 + randomInt(Math.min(firstPause * 2 ** Math.min(failures, 16), longestPause))
}
