/** What the server tells the page of its settings. */
export interface Settings {
  readonly registration: 'open' | 'invite' | 'closed'
  /** Milliseconds. */
  readonly rotation_window: number
  /** Seconds after which a sign-in is too old to end the sessions of a client or of everyone. */
  readonly step_up: number
  /** For how many days ended sessions are kept. */
  readonly ended_session_days: number
  /** The server's own name in tokens. */
  readonly issuer: string
}

const usual: Settings = {
  registration: 'closed',
  rotation_window: 30_000,
  step_up: 900,
  ended_session_days: 7,
  issuer: '',
}

/** Reads the settings out of the page. Without a server (in development) they are the usual ones. */
export function readSettings(page: Document): Settings {
  const content = page.querySelector('meta[name="exeunt-settings"]')?.getAttribute('content') ?? ''
  return content.startsWith('{"') ? { ...usual, ...(JSON.parse(content) as Partial<Settings>) } : usual
}

export const settings = readSettings(document)
