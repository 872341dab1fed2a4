import type { Channel, Platform } from '../../src/platform.js'
import { SimulatedLocks } from './locks.js'
import { SimulatedServer, type Cookie, type Reply } from './server.js'
import { createStorage } from './storage.js'

/** What a browser of the test is like. */
export interface Traits {
  readonly locks?: boolean
  readonly channels?: boolean
  /** Milliseconds that the next request takes to the server, and its answer back. */
  readonly latency?: () => number
  /** Whether the next answer is lost on the way. */
  readonly loses?: () => boolean
}

/** One browser with its tabs: shared storage, cookie, locks and channels. Time is vitest's. */
export class SimulatedBrowser {
  readonly server = new SimulatedServer()
  readonly locks = new SimulatedLocks()
  readonly tabs: SimulatedTab[] = []
  cookie: Cookie | undefined
  readonly local: Storage = createStorage((...change) => this.#written(...change))
  writer: SimulatedTab | undefined

  constructor(readonly traits: Traits = {}) {}

  open(crashBefore = Infinity): SimulatedTab {
    const tab = new SimulatedTab(this, this.tabs.length, crashBefore)
    this.tabs.push(tab)
    return tab
  }

  #written(key: string, newValue: string | null, oldValue: string | null): void {
    const { writer } = this
    for (const tab of this.tabs) {
      const event = Object.assign(new Event('storage'), { key, newValue, oldValue })
      if (tab !== writer) setTimeout(() => tab.deliver(() => tab.emit('storage', event)), 1)
    }
  }
}

/**
 * One tab. Everything it does to the world is a step with a name; before the step of a given number it can be made to crash, after which nothing that
 * its code still does has any effect, and nothing that it waits for arrives.
 */
export class SimulatedTab implements Platform {
  href = 'https://app.example/page'
  readonly session = createStorage()
  readonly steps: string[] = []
  readonly left: string[] = []
  dead = false
  readonly caches: CacheStorage | undefined = undefined
  databases: IDBFactory | undefined = undefined
  readonly channels = new Set<{ name: string; channel: Channel }>()
  readonly #events = new EventTarget()
  #undelivered: (() => void)[] | undefined
  readonly #local: Storage

  constructor(
    readonly browser: SimulatedBrowser,
    readonly id: number,
    private readonly crashBefore: number,
  ) {
    const { local } = browser
    this.#local = new Proxy(local, {
      get: (target, name) => {
        if (name === 'setItem')
          return (key: string, value: string) =>
            this.step(`write ${key}=${value.split(':')[0] ?? ''}`, () => target.setItem(key, value))
        if (name === 'removeItem') return (key: string) => this.step(`remove ${key}`, () => target.removeItem(key))
        return Reflect.get(target, name) as unknown
      },
    })
  }

  get local(): Storage {
    return this.#local
  }

  get locks() {
    if (this.browser.traits.locks === false) return undefined
    return {
      request: <T>(name: string, { signal }: { signal?: AbortSignal }, work: () => Promise<T>) =>
        this.step(`lock ${name}`, () => this.browser.locks.request(this.id, name, signal, work)) ?? never<T>(),
    }
  }

  now = () => Date.now()
  random = () => Math.random()

  after(milliseconds: number, run: () => void): () => void {
    const timer = setTimeout(() => {
      if (!this.dead) run()
    }, milliseconds)
    return () => clearTimeout(timer)
  }

  channel(name: string): Channel | undefined {
    if (this.browser.traits.channels === false) return undefined
    const channel: Channel = {
      onmessage: null,
      postMessage: (data) => {
        this.step('broadcast', () => {
          for (const tab of this.browser.tabs)
            for (const other of tab.channels)
              if (tab !== this && other.name === name)
                setTimeout(() => tab.deliver(() => other.channel.onmessage?.(new MessageEvent('message', { data }))), 1)
        })
      },
      close: () => this.channels.delete(entry),
    }
    const entry = { name, channel }
    this.channels.add(entry)
    return channel
  }

  listen(type: string, heard: (event: Event) => void): () => void {
    this.#events.addEventListener(type, heard)
    return () => this.#events.removeEventListener(type, heard)
  }

  emit(type: string, event: Event = new Event(type)): void {
    if (!this.dead) this.#events.dispatchEvent(event)
  }

  leave(url: string): void {
    this.step('leave', () => this.left.push(url))
  }

  fetch(input: string | Request, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init)
    const { pathname } = new URL(request.url)
    return this.step(`fetch ${pathname}`, () => this.#send(request, pathname)) ?? never()
  }

  /** Brings a tab what others tell it; a frozen one gets it when it thaws. */
  deliver(news: () => void): void {
    if (this.#undelivered) this.#undelivered.push(news)
    else if (!this.dead) news()
  }

  /** From now on it hears nothing of other tabs, as one that the browser has put to sleep. */
  freeze(): void {
    this.#undelivered = []
  }

  /** It is shown again, and only then hears what has happened. */
  thaw(): void {
    const late = this.#undelivered ?? []
    this.#undelivered = undefined
    this.emit('visibilitychange')
    for (const news of late) setTimeout(() => this.deliver(news), 1)
  }

  crash(): void {
    this.dead = true
    this.channels.clear()
    this.browser.locks.die(this.id)
  }

  /** Does something to the world, unless the tab is dead or dies now. */
  step<T>(name: string, act: () => T): T | undefined {
    if (!this.dead && this.steps.length === this.crashBefore) this.crash()
    if (this.dead) return undefined
    this.steps.push(name)
    this.browser.writer = this
    try {
      return act()
    } finally {
      this.browser.writer = undefined
    }
  }

  async #send(request: Request, pathname: string): Promise<Response> {
    const { browser } = this
    const { server, traits } = browser
    const cookie = request.credentials === 'include' ? browser.cookie : undefined // sent as it is now
    const text = await request.text()
    const answer = (async (): Promise<Reply> => {
      await delay(traits.latency?.() ?? 1)
      if (server.weather === 'offline') throw new TypeError('Failed to fetch')
      server.calls.push({
        at: Date.now(),
        tab: this.id,
        path: pathname,
        binder: request.headers.get('X-Exeunt-Cookie') ?? undefined,
      })
      if (server.weather === 'hanging') return never()
      if (server.weather === 'guarded') return { status: 401, body: { error: 'Sign in to the proxy.' } }
      if (server.weather === 'failing' || server.failing.has(pathname)) return { status: 503, body: {} }
      const reply = server.answer(
        request.method,
        pathname,
        request.headers,
        text ? JSON.parse(text) : undefined,
        cookie,
      )
      if (server.weather === 'deaf' || traits.loses?.() === true) {
        await delay(traits.latency?.() ?? 1)
        throw new TypeError('Failed to fetch')
      }
      await delay(traits.latency?.() ?? 1)
      // The browser stores a cookie whatever became of the page, unless the request was aborted.
      if (!request.signal.aborted && reply.cookie !== undefined && request.credentials === 'include')
        browser.cookie = reply.cookie ?? undefined
      if (server.weather === 'cut') throw new TypeError('network error')
      return reply
    })()
    const { status, body, stream } = await Promise.race([answer, aborted(request.signal)])
    if (this.dead) return never()
    return new Response(stream ? until(stream, request.signal) : JSON.stringify(body), { status })
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason as Error)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
  })
}

// A body that ends with its request, as fetch's do.
function until(stream: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const pipe = new TransformStream<Uint8Array, Uint8Array>()
  stream.pipeTo(pipe.writable, { signal }).catch(() => undefined)
  return pipe.readable
}
