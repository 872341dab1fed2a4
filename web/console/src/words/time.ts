const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const steps: readonly (readonly [limit: number, unit: Intl.RelativeTimeFormatUnit, size: number])[] = [
  [hour, 'minute', minute],
  [day, 'hour', hour],
  [30 * day, 'day', day],
  [365 * day, 'month', 30 * day],
  [Infinity, 'year', 365 * day],
]

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** How long ago, or how soon, in words: `just now`, `5 minutes ago`, `in 3 days`. */
export function ago(iso: string, now: number): string {
  const away = Date.parse(iso) - now
  if (Number.isNaN(away)) return 'unknown'
  const distance = Math.abs(away)
  if (distance < minute) return 'just now'
  const [, unit, size] = steps.find(([limit]) => distance < limit) ?? ['', 'year', 365 * day]
  return relative.format(Math.sign(away) * Math.floor(distance / size), unit)
}

const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** The moment to the second, in the browser's time zone. */
export function moment(iso: string): string {
  return full.format(new Date(iso))
}

/** A duration for people: `12 ms`, `3.4 s`, `5 min`, `2 h`. */
export function duration(milliseconds: number): string {
  if (milliseconds < second) return `${Math.round(milliseconds)} ms`
  if (milliseconds < minute) return `${(milliseconds / second).toFixed(1)} s`
  if (milliseconds < hour) return `${Math.round(milliseconds / minute)} min`
  return milliseconds < 2 * day ? `${Math.round(milliseconds / hour)} h` : `${Math.round(milliseconds / day)} days`
}

/** The same as a bound for what may be too quick to be told: whole milliseconds, rounded up. */
export function within(milliseconds: number): string {
  return duration(Math.max(1, Math.ceil(milliseconds)))
}
