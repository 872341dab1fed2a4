/** A range of the overview: how far back, and what one column stands for. */
export interface Range {
  readonly words: string
  readonly group: 'hour' | 'day'
  readonly columns: number
}

export const ranges: Readonly<Record<'day' | 'week' | 'month', Range>> = {
  day: { words: 'Last 24 hours', group: 'hour', columns: 24 },
  week: { words: 'Last 7 days', group: 'day', columns: 7 },
  month: { words: 'Last 30 days', group: 'day', columns: 30 },
}

const size = { hour: 3_600_000, day: 86_400_000 } // milliseconds
const keyLength = { hour: 13, day: 10 } // 2027-03-01T14, 2027-03-01

/** The range that an address names; the last week unless it names one. */
export function rangeOf(name: string | null): keyof typeof ranges {
  return name === 'day' || name === 'month' ? name : 'week'
}

/** The beginning of a range's first column. */
export function beginningOf({ group, columns }: Range, now: number): string {
  const last = Math.floor(now / size[group])
  return new Date((last - columns + 1) * size[group]).toISOString()
}

/** One value for each column, oldest first: also those in which nothing happened, which the server leaves out. */
export function columnsOf<T extends { readonly key?: string }>(
  range: Range,
  now: number,
  rows: readonly T[],
): readonly { readonly key: string; readonly row: T | undefined }[] {
  const byKey = new Map(rows.map((row) => [row.key, row]))
  const first = Date.parse(beginningOf(range, now))
  return Array.from({ length: range.columns }, (_, i) => {
    const key = new Date(first + i * size[range.group]).toISOString().slice(0, keyLength[range.group])
    return { key, row: byKey.get(key) }
  })
}

/** A round number not below the largest, for the top of an axis. */
export function topOf(largest: number): number {
  if (largest <= 5) return Math.max(1, Math.ceil(largest))
  const step = 10 ** Math.floor(Math.log10(largest))
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * step >= largest) ?? 10) * step
}
