import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { ask } from '../api.js'
import { Link, useRouter, withQuery } from '../router.js'
import { Card, Empty, Loaded, PageHead } from '../ui/parts.js'
import { count, number } from '../words/numbers.js'
import { adminReasons, inWords, isAlarming } from '../words/reasons.js'
import { beginningOf, columnsOf, rangeOf, ranges, type Range } from '../words/series.js'
import { duration, within } from '../words/time.js'
import { Plot } from './plot.js'
import type { Overview, Report } from './types.js'

const live = 5_000 // milliseconds between looks

/** How things stand, and how they went. */
export function OverviewPage(): ReactNode {
  const router = useRouter()
  const name = rangeOf(router.query.get('range'))
  const now = useQuery({
    queryKey: ['overview'],
    queryFn: ({ signal }) => ask<Overview>('GET', '/admin/overview', undefined, signal),
    refetchInterval: live,
  })
  return (
    <>
      <PageHead title="Overview" lead="Who is signed in, what ended, and whether everybody who must know of it does." />
      <Loaded of={now} what="The overview">
        {(overview) => <Tiles overview={overview} />}
      </Loaded>
      <nav className="tabs" aria-label="Time">
        {Object.entries(ranges).map(([key, { words }]) => (
          <Link key={key} to={withQuery(router, { range: key })} aria-current={key === name ? 'page' : undefined}>
            {words}
          </Link>
        ))}
      </nav>
      <History key={name} range={ranges[name]} />
    </>
  )
}

function Tiles({ overview }: { readonly overview: Overview }): ReactNode {
  const { active_sessions, guards, guards_behind, propagation, journal } = overview
  return (
    <dl className="tiles">
      <Tile title="Signed in now" value={number(active_sessions)}>
        <Link to="/sessions?alive=true">Show the sessions</Link>
      </Tile>
      <Tile title="Guards following" value={number(guards)} bad={guards_behind > 0}>
        {guards === 0 ? (
          <Link to="/guards">None yet: protect an API</Link>
        ) : guards_behind > 0 ? (
          `${number(guards_behind)} behind`
        ) : (
          'All up to date'
        )}
      </Tile>
      <Tile title="Until an ending is enforced" value={propagation ? within(propagation.p50_ms) : '–'}>
        {propagation ? `99 of 100 within ${within(propagation.p99_ms)}` : 'Measured once a guard follows'}
      </Tile>
      <Tile
        title="Waiting in the journal"
        value={number(journal?.depth ?? 0)}
        bad={journal !== undefined && (!journal.writable || journal.depth > 0)}
      >
        {journal?.writable === false
          ? 'It cannot be written'
          : journal?.oldest_seconds !== undefined
            ? `The oldest for ${duration(journal.oldest_seconds * 1000)}`
            : 'Every ending is recorded'}
      </Tile>
    </dl>
  )
}

function Tile({
  title,
  value,
  bad = false,
  children,
}: {
  readonly title: string
  readonly value: string
  readonly bad?: boolean
  readonly children: ReactNode
}): ReactNode {
  return (
    <div className={bad ? 'tile bad' : 'tile'}>
      <dt>{title}</dt>
      <dd className="value">{value}</dd>
      <dd className="muted">{children}</dd>
    </div>
  )
}

function History({ range }: { readonly range: Range }): ReactNode {
  const [now] = useState(() => Date.now())
  const from = beginningOf(range, now)
  const report = (group: string, endingsOnly = false) => ({
    queryKey: ['report', group, from],
    queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
      ask<Report>(
        'GET',
        `/admin/audit/report?group=${group}&from=${encodeURIComponent(from)}&endings_only=${endingsOnly}`,
        undefined,
        signal,
      ),
    refetchInterval: 6 * live,
  })
  const over = useQuery(report(range.group))
  const reasons = useQuery(report('reason', true))
  return (
    <>
      <Card title="Sign-ins and endings">
        <Loaded of={over} what="Sign-ins and endings">
          {({ rows }) => {
            const columns = columnsOf(range, now, rows)
            return (
              <Plot
                title={`Sign-ins and endings, ${range.words.toLowerCase()}`}
                labels={columns.map(({ key }) =>
                  range.group === 'hour' ? `${key.slice(5).replace('T', ' ')}:00` : key,
                )}
                series={[
                  { words: 'Sign-ins', tone: 'one', values: columns.map(({ row }) => row?.sign_ins ?? 0) },
                  { words: 'Sessions ended', tone: 'two', values: columns.map(({ row }) => row?.sessions ?? 0) },
                  {
                    words: 'Failed sign-ins',
                    tone: 'three',
                    values: columns.map(({ row }) => row?.failed_sign_ins ?? 0),
                  },
                ]}
              />
            )
          }}
        </Loaded>
      </Card>
      <Card title="Why sessions ended">
        <Loaded of={reasons} what="Reasons">
          {({ rows }) => {
            const ended = rows.filter(({ key, sessions }) => key !== undefined && sessions > 0)
            if (ended.length === 0)
              return (
                <Empty title="Nothing ended in this time.">
                  Endings are counted here by their reason as soon as there are some.
                </Empty>
              )
            const most = Math.max(...ended.map(({ sessions }) => sessions))
            return (
              <ul className="bars">
                {ended.map(({ key = '', sessions, endings }) => (
                  <li key={key}>
                    <Link to={`/audit?reason=${key}&from=${from.slice(0, 10)}`}>{inWords(adminReasons, key)}</Link>
                    <svg className={isAlarming(key) ? 'gauge bad' : 'gauge'} aria-hidden="true">
                      <rect className="length" width={`${(100 * sessions) / most}%`} />
                    </svg>
                    <span className="number">
                      {count(sessions, 'session')} <small className="muted">in {count(endings, 'ending')}</small>
                    </span>
                  </li>
                ))}
              </ul>
            )
          }}
        </Loaded>
      </Card>
    </>
  )
}
