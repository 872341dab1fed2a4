import type { ReactNode } from 'react'
import { Link, useRouter, withQuery } from '../router.js'
import { count } from '../words/numbers.js'

export interface Column<T> {
  readonly title: string
  readonly cell: (row: T) => ReactNode
  readonly className?: string
}

interface TableProps<T> {
  /** What is listed, for screen readers. */
  readonly caption: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
}

/** A table; on a phone each row becomes a card that names its cells. */
export function Table<T>({ caption, columns, rows, keyOf }: TableProps<T>): ReactNode {
  return (
    <div className="table">
      <p className="unseen" role="status">
        {count(rows.length, 'row')}
      </p>
      {/* The roles are written out because a table that is styled into cards loses its own. */}
      <table role="table">
        <caption className="unseen">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ title, className }) => (
              <th key={title} role="columnheader" scope="col" className={className}>
                {title === 'Actions' ? <span className="unseen">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map(({ title, cell, className }) => (
                <td key={title} role="cell" data-title={title} className={className}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The way to the next page of a listing whose cursor is in the address; the browser's Back leads to the one before. */
export function Pager({ next }: { readonly next: string | undefined }): ReactNode {
  const router = useRouter()
  const isFirst = !router.query.has('cursor')
  if (isFirst && next === undefined) return null
  return (
    <nav className="actions end" aria-label="Pages">
      {!isFirst && (
        <Link className="button plain" to={withQuery(router, { cursor: undefined })}>
          To the newest
        </Link>
      )}
      {next !== undefined && (
        <Link className="button plain" to={withQuery(router, { cursor: next })}>
          Next page
        </Link>
      )}
    </nav>
  )
}
