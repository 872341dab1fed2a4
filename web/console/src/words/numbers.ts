const whole = new Intl.NumberFormat('en')

/** A number with its thousands apart. */
export function number(value: number): string {
  return whole.format(value)
}

/** A number and what is counted: `1 session`, `2 sessions`, `1,204 sessions`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`
}

/** An id short enough for a table: its kind and its end, which is what differs between ids of the same moment. */
export function shortId(id: string): string {
  return id.length <= 14 ? id : `${id.slice(0, 4)}…${id.slice(-6)}`
}

/** An amount of data: `0.4 kB`, `12.3 MB`. */
export function bytes(value: number): string {
  return value < 1e6 ? `${(value / 1e3).toFixed(1)} kB` : `${(value / 1e6).toFixed(1)} MB`
}
