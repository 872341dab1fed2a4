import { useSession } from '@exeunt/react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api.js'
import { settings } from '../settings.js'
import { Button } from '../ui/button.js'
import { Icon } from '../ui/icon.js'
import { Ago, Card, Empty, Loaded } from '../ui/parts.js'
import { addressInWords } from '../words/address.js'
import { deviceIcon } from '../words/devices.js'
import { count } from '../words/numbers.js'
import { inWords, isAlarming, ownReasons } from '../words/reasons.js'

interface EndedSession {
  readonly id: string
  readonly device: string
  readonly address?: string
  readonly created_at: string
  readonly ended_at: string
  readonly reason: string
}

interface EndedSessions {
  readonly sessions: readonly EndedSession[]
  readonly next?: string
}

/** The person's sessions that have ended, and why. `since` changes when the list of devices does: then there may be news. */
export function History({ since }: { readonly since: number }): ReactNode {
  const session = useSession()
  const history = useInfiniteQuery({
    queryKey: ['history', session.status === 'signed-in' ? session.sessionId : null, since],
    queryFn: ({ pageParam, signal }) =>
      ask<EndedSessions>(
        'GET',
        `/sessions/ended?limit=20${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''}`,
        undefined,
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    enabled: since > 0,
    placeholderData: (before) => before,
  })
  return (
    <Card title="Ended lately">
      <Loaded of={history} what="Ended sessions">
        {(data) => {
          const ended = data.pages.flatMap((page) => page.sessions)
          if (ended.length === 0)
            return (
              <Empty title="Nothing has ended lately.">{`Sessions that end are listed here for ${count(settings.ended_session_days, 'day')}, with the reason.`}</Empty>
            )
          return (
            <ul className="rows">
              {ended.map((one) => (
                <li key={one.id}>
                  <span className={isAlarming(one.reason) ? 'sign bad' : 'sign'}>
                    <Icon name={isAlarming(one.reason) ? 'warning' : deviceIcon(one.device)} />
                  </span>
                  <div>
                    <strong>{one.device}</strong>
                    <p className={isAlarming(one.reason) ? 'wrong' : undefined}>
                      {inWords(ownReasons, one.reason)}, <Ago at={one.ended_at} />
                    </p>
                    <p className="muted">
                      {addressInWords(one.address)}, signed in <Ago at={one.created_at} />
                    </p>
                  </div>
                </li>
              ))}
            </ul>
          )
        }}
      </Loaded>
      {history.hasNextPage && (
        <div className="actions">
          <Button busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
            Show earlier ones
          </Button>
        </div>
      )}
    </Card>
  )
}
