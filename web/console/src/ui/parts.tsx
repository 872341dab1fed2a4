import type { UseQueryResult } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { ago, moment } from '../words/time.js'
import { Button } from './button.js'
import { wordsOf } from './news.js'

/** The head of a page: it names the document as well, and takes the focus when the page has been changed by a link. */
export function PageHead({
  title,
  lead,
  children,
}: {
  readonly title: string
  readonly lead?: ReactNode
  readonly children?: ReactNode
}): ReactNode {
  useEffect(() => {
    document.title = `${title} · Exeunt`
  }, [title])
  return (
    <header className="head">
      <div>
        <h1 id="title" tabIndex={-1}>
          {title}
        </h1>
        {lead && <p className="muted">{lead}</p>}
      </div>
      {children && <div className="actions">{children}</div>}
    </header>
  )
}

/** A part of a page with a heading. */
export function Card({
  title,
  actions,
  children,
  className,
}: {
  readonly title?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
  readonly className?: string
}): ReactNode {
  return (
    <section className={`card ${className ?? ''}`}>
      {(title !== undefined || actions !== undefined) && (
        <header>
          {title !== undefined && <h2>{title}</h2>}
          {actions}
        </header>
      )}
      {children}
    </section>
  )
}

/** What stands where nothing is: what it means, and what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children && <p className="muted">{children}</p>}
    </div>
  )
}

/** What an address shows that leads nowhere. */
export function NoSuchPage({ children }: { readonly children: string }): ReactNode {
  return (
    <>
      <PageHead title="Nothing here" />
      <Card>
        <Empty title={children}>Go on with the menu.</Empty>
      </Card>
    </>
  )
}

/** A few words in a colour that they do not depend on. */
export function Badge({
  tone = 'plain',
  children,
}: {
  readonly tone?: 'plain' | 'good' | 'warn' | 'bad' | 'accent'
  readonly children: ReactNode
}): ReactNode {
  return <span className={`badge ${tone}`}>{children}</span>
}

const tick = 30_000 // milliseconds

/** How long ago something was; the moment itself is one hover away, and in the page for machines. */
export function Ago({ at }: { readonly at: string }): ReactNode {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tick)
    return () => clearInterval(timer)
  }, [])
  return (
    <time dateTime={at} title={moment(at)}>
      {ago(at, now)}
    </time>
  )
}

interface LoadedProps<T> {
  readonly of: UseQueryResult<T>
  readonly what: string
  readonly children: (data: T) => ReactNode
}

/** What was asked for; meanwhile that it is being asked for, and otherwise what went wrong with a way to repeat it. */
export function Loaded<T>({ of, what, children }: LoadedProps<T>): ReactNode {
  if (of.data !== undefined) return children(of.data)
  if (of.isError)
    return (
      <div className="empty" role="alert">
        <p>
          <strong>{`${what} could not be loaded.`}</strong>
        </p>
        <p className="muted">{wordsOf(of.error)}</p>
        <Button onClick={() => void of.refetch()}>Try again</Button>
      </div>
    )
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      {`Loading ${what.toLowerCase()}…`}
    </div>
  )
}
