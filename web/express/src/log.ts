/** Where the guard writes. No line holds a token or a secret. `console` is one. */
export interface Log {
  info(line: string): void
  warn(line: string): void
  error(line: string): void
}
