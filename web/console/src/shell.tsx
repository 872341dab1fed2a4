import { LogoutButton, useSession } from '@exeunt/react'
import { useState, type ReactNode } from 'react'
import { Link, useRouter } from './router.js'
import { Button } from './ui/button.js'
import { Icon, type IconName } from './ui/icon.js'

interface Entry {
  readonly to: string
  readonly words: string
  readonly icon: IconName
}

const own: readonly Entry[] = [
  { to: '/devices', words: 'My devices', icon: 'device' },
  { to: '/password', words: 'Password', icon: 'password' },
]

const administration: readonly Entry[] = [
  { to: '/overview', words: 'Overview', icon: 'overview' },
  { to: '/sessions', words: 'Sessions', icon: 'sessions' },
  { to: '/people', words: 'People', icon: 'people' },
  { to: '/end', words: 'End sessions', icon: 'end' },
  { to: '/audit', words: 'Audit trail', icon: 'audit' },
  { to: '/guards', words: 'Guards and clients', icon: 'guards' },
  { to: '/keys', words: 'Keys', icon: 'keys' },
]

/** What stands around every page of somebody who is signed in. */
export function Shell({ children }: { readonly children: ReactNode }): ReactNode {
  const { path } = useRouter()
  const session = useSession()
  const [openOn, setOpenOn] = useState<string>() // the page on which it was opened: every other has it closed
  const open = openOn === path
  if (session.status !== 'signed-in') return null
  const { user } = session
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="bar">
        <Brand />
        <Button
          kind="quiet"
          className="toggle"
          aria-expanded={open}
          aria-controls="menu"
          onClick={() => setOpenOn(open ? undefined : path)}
          onKeyDown={(event) => event.key === 'Escape' && setOpenOn(undefined)}
        >
          <Icon name={open ? 'close' : 'menu'} /> Menu
        </Button>
      </header>
      <aside id="menu" data-open={open || undefined}>
        <Brand />
        <nav aria-label="Main">
          <Entries of={own} path={path} />
          {user.roles.includes('admin') && (
            <>
              <h2 id="administration">Administration</h2>
              <Entries of={administration} path={path} label="administration" />
            </>
          )}
        </nav>
        <div className="person">
          <span>
            <strong>{user.name ?? user.email ?? user.id}</strong>
            {user.name && user.email && <small className="muted">{user.email}</small>}
          </span>
          <LogoutButton className="button plain" />
        </div>
      </aside>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}

export function Brand(): ReactNode {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" />
        <path d="M18 8h-7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h7M15 16h10m0 0-4-4m4 4-4 4" />
      </svg>
      Exeunt
    </span>
  )
}

function Entries({
  of,
  path,
  label,
}: {
  readonly of: readonly Entry[]
  readonly path: string
  readonly label?: string
}): ReactNode {
  return (
    <ul aria-labelledby={label}>
      {of.map(({ to, words, icon }) => (
        <li key={to}>
          <Link to={to} aria-current={path === to ? 'page' : path.startsWith(`${to}/`) ? 'true' : undefined}>
            <Icon name={icon} />
            {words}
          </Link>
        </li>
      ))}
    </ul>
  )
}
