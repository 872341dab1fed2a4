import type { ReactNode } from 'react'
import { match, useRouter } from '../router.js'
import { NoSuchPage } from '../ui/parts.js'
import { AuditPage } from './audit.js'
import { EndPage } from './end.js'
import { GuardsPage } from './guards.js'
import { KeysPage } from './keys.js'
import { OverviewPage } from './overview.js'
import { PeoplePage } from './people.js'
import { PersonPage } from './person.js'
import { SessionsPage } from './sessions.js'

/** The pages of the administration, one line each. They come as a file of their own, for administrators only. */
export default function Admin(): ReactNode {
  const { path } = useRouter()
  const person = match('/people/:id', path)
  if (person?.['id']) return <PersonPage key={person['id']} id={person['id']} />
  switch (path) {
    case '/overview':
      return <OverviewPage />
    case '/sessions':
      return <SessionsPage />
    case '/people':
      return <PeoplePage />
    case '/end':
      return <EndPage />
    case '/audit':
      return <AuditPage />
    case '/guards':
      return <GuardsPage />
    case '/keys':
      return <KeysPage />
    default:
      return <NoSuchPage>There is no such page.</NoSuchPage>
  }
}
