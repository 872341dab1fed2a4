import { existsSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { Log } from './log.js'

/**
 * What a guard does when it has not heard from the server for more than 15 seconds. What is known to be ended is refused in any case.
 * `{ tolerate }`: go on with what is known until it is so many milliseconds old, then answer 503. `ask-server`: ask about each token, 503 when it cannot say.
 * `refuse`: answer 503 at once.
 */
export type Stale = { readonly tolerate: number } | 'ask-server' | 'refuse'

/** How an API is protected. Checked at once; every mistake is named. */
export interface GuardOptions {
  /** Addresses of the Exeunt server, tried in turn. https, or http to this machine. */
  readonly servers: readonly (string | URL)[]
  /** What tokens must say as `iss`, exactly. No default: a wrong one is a security hole. */
  readonly issuer: string
  /** The names of this API; a token must name one of them as `aud`. Only {@link Guard.behind} can do without. */
  readonly audiences?: readonly string[] | undefined
  /** The client whose credentials the guard has (`exeunt clients add`). */
  readonly clientId: string
  /** Its secret. It also seals the snapshot file. */
  readonly clientSecret: string
  /** What this API calls itself in receipts and lists of guards; the client's name unless given. */
  readonly name?: string | undefined
  /** Which replica of that name this is. Default: the machine's name and the process id. */
  readonly instance?: string | undefined
  /** Default: tolerate 60 000 ms. */
  readonly stale?: Stale | undefined
  /** A file that keeps what is known over a restart. Its folder must exist. Each process needs one of its own. Default: none. */
  readonly snapshotFile?: string | undefined
  /** How far the clocks may be apart when times of tokens are judged. 0 to 60 000 ms, default 5000. */
  readonly leeway?: number | undefined
  /** Verified tokens to remember. Default 10 000. */
  readonly rememberedTokens?: number | undefined
  /** Revocations to have room for; a feed that tells more is left, and the guard becomes stale. Default 1 000 000. */
  readonly mostRevocations?: number | undefined
  /** Whether credentials may travel over plain http to another machine, as where the network itself is encrypted. Default false. */
  readonly allowPlainHttp?: boolean | undefined
  /** Default: the console. */
  readonly log?: Log | undefined
}

/** Options as they are used. */
export interface CheckedOptions {
  readonly servers: readonly URL[]
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly clientId: string
  readonly clientSecret: string
  readonly name: string | undefined
  readonly instance: string
  readonly stale: Stale
  readonly snapshotFile: string | undefined
  readonly leeway: number
  readonly rememberedTokens: number
  readonly mostRevocations: number
  readonly log: Log
}

/** @throws TypeError There are mistakes: one sentence for each, beginning with the option's name. */
export function checkOptions(options: GuardOptions): CheckedOptions {
  const mistakes = [...findMistakes(options)]
  if (mistakes.length > 0) throw new TypeError(`The guard cannot start.\n${mistakes.join('\n')}`)
  return {
    servers: options.servers.map(withSlash),
    issuer: options.issuer,
    audiences: options.audiences ?? [],
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    name: options.name,
    instance: options.instance ?? `${hostname()}/${process.pid}`,
    stale: options.stale ?? { tolerate: 60_000 },
    snapshotFile: options.snapshotFile,
    leeway: options.leeway ?? 5000,
    rememberedTokens: options.rememberedTokens ?? 10_000,
    mostRevocations: options.mostRevocations ?? 1_000_000,
    log: options.log ?? console,
  }
}

function* findMistakes(options: GuardOptions): Generator<string> {
  if (options.servers.length === 0) yield 'servers: give the address of the Exeunt server: https://login.example.com.'
  for (const server of options.servers) yield* findMistakesOfServer(server, options.allowPlainHttp === true)
  if (!isText(options.issuer)) yield 'issuer: give what tokens say as iss, exactly.'
  if (!(options.audiences ?? []).every(isText)) yield 'audiences: one is empty.'
  if (!/^app_[0-9a-z]{26}$/.test(options.clientId))
    yield "clientId: give the id that 'exeunt clients add' printed: app_…."
  if (!isText(options.clientSecret)) yield "clientSecret: give the secret that 'exeunt clients add' printed."
  if ([options.name, options.instance].some((text) => (text?.length ?? 0) > 100))
    yield 'name, instance: have at most 100 characters.'
  if (!isWithin(options.leeway ?? 0, 0, 60_000))
    yield 'leeway: must be between 0 and 60 000 ms; endings are forgotten two minutes after the last token.'
  const { stale } = options
  if (
    stale !== undefined &&
    stale !== 'ask-server' &&
    stale !== 'refuse' &&
    !isWithin(stale.tolerate, 0, Number.MAX_VALUE)
  )
    yield "stale: must be { tolerate: milliseconds }, 'ask-server' or 'refuse'."
  if (!isWithin(options.rememberedTokens ?? 1, 1, 10_000_000))
    yield 'rememberedTokens: must be between 1 and 10 000 000.'
  if (!isWithin(options.mostRevocations ?? 1, 1, 16_000_000)) yield 'mostRevocations: must be between 1 and 16 000 000.'
  const folder = options.snapshotFile === undefined ? '.' : dirname(resolve(options.snapshotFile))
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    yield `snapshotFile: the folder '${folder}' does not exist.`
}

function* findMistakesOfServer(server: string | URL, allowPlainHttp: boolean): Generator<string> {
  const url = URL.canParse(String(server)) ? new URL(server) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username || url.password)
    yield `servers: '${url && !url.username && !url.password ? url.href : 'one'}' is not an address such as https://login.example.com.`
  else if (
    url.protocol === 'http:' &&
    !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname) &&
    !allowPlainHttp
  )
    yield `servers: '${url.href}' would send the client's secret in the clear; use https, or allowPlainHttp where the network is encrypted.`
}

// Without a final slash a relative address would replace the last segment.
function withSlash(server: string | URL): URL {
  const url = new URL(server)
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}
