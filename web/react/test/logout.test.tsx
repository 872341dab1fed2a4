import { useQuery } from '@tanstack/react-query'
import { cleanup, screen, waitFor } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { afterEach, describe, expect, test } from 'vitest'
import type { LogoutResult } from '@exeunt/client'
import { LogoutButton, LogoutEverywhereButton, ProtectedRoute, SignedOutNotice, useSession } from '../src/index.js'
import { createApp, violations } from './app.js'

afterEach(cleanup)

function Status(): ReactNode {
  return <output>{useSession().status}</output>
}

function Orders(): ReactNode {
  const { data } = useQuery({ queryKey: ['orders'], queryFn: () => ['hers'] })
  return (
    <ul>
      {data?.map((order) => (
        <li key={order}>{order}</li>
      ))}
    </ul>
  )
}

const page = (
  <>
    <Status />
    <ProtectedRoute signedOut={<p>Please sign in</p>} loading={<p>One moment</p>}>
      <Orders />
      <LogoutButton className="mine" />
    </ProtectedRoute>
    <SignedOutNotice />
  </>
)

describe('LogoutButton', () => {
  test('signs out, empties the query cache and takes the protected page away', async () => {
    const app = createApp()
    app.show(page)
    await app.signIn()
    expect(await screen.findByText('hers')).toBeTruthy()
    expect(app.queries.getQueryCache().getAll()).toHaveLength(1)

    await userEvent.click(screen.getByRole('button', { name: 'Sign out' }))
    await screen.findByText('Please sign in')
    expect(screen.queryByText('hers')).toBeNull()
    await waitFor(() => expect(app.queries.getQueryCache().getAll()).toEqual([]))
    await waitFor(() => expect(app.browser.server.live).toEqual([]))
    expect(screen.getByText('You signed out.')).toBeTruthy()
    expect(await violations()).toEqual([])
  })

  test.each(['offline', 'failing'] as const)(
    'never fails because the server is %s, and says what is not known',
    async (weather) => {
      const app = createApp()
      const results: LogoutResult[] = []
      app.show(
        <>
          <LogoutButton onDone={(result) => results.push(result)} />
          <SignedOutNotice />
        </>,
      )
      await app.signIn()
      app.browser.server.weather = weather
      await userEvent.click(screen.getByRole('button', { name: 'Sign out' }))
      await waitFor(() => expect(results).toMatchObject([{ server: 'pending' }]))
      expect(app.client.state).toMatchObject({ status: 'signed-out', pending: true })
      expect(screen.getByRole('status').textContent).toContain('as soon as it can be reached')
    },
  )

  test('leaves while the browser says that it is offline, when TanStack would pause a mutation', async () => {
    const app = createApp()
    app.show(<LogoutButton />)
    await app.signIn()
    window.dispatchEvent(new Event('offline'))
    try {
      await userEvent.click(screen.getByRole('button', { name: 'Sign out' }))
      expect(app.client.state.status).toBe('signed-out')
    } finally {
      window.dispatchEvent(new Event('online'))
    }
  })

  test('works by keyboard, keeps the focus while it works, and asks the server once however often it is pressed', async () => {
    const app = createApp({}, { latency: () => 30 })
    app.show(<LogoutButton>Leave</LogoutButton>)
    await app.signIn()
    app.browser.server.calls.length = 0
    await userEvent.tab()
    await userEvent.keyboard('{Enter}{Enter}')
    const button = screen.getByRole('button', { name: 'Leave' })
    expect(button.getAttribute('aria-disabled')).toBe('true')
    expect(document.activeElement).toBe(button)
    await waitFor(() => expect(button.getAttribute('aria-disabled')).toBeNull())
    expect(app.browser.server.paths.filter((path) => path.endsWith('/logout'))).toHaveLength(1)
  })

  test('an onClick that prevents the default keeps the person in', async () => {
    const app = createApp()
    app.show(<LogoutButton onClick={(event) => event.preventDefault()} />)
    await app.signIn()
    await userEvent.click(screen.getByRole('button'))
    expect(app.client.state.status).toBe('signed-in')
  })
})

describe('LogoutEverywhereButton', () => {
  test('asks first, with the focus on the harmless answer, and Escape takes it back', async () => {
    const app = createApp()
    app.show(<LogoutEverywhereButton />)
    await app.signIn()
    await userEvent.click(screen.getByRole('button', { name: 'Sign out on all devices' }))
    expect(screen.getByRole('group', { name: 'Sign out on all devices, this one too?' })).toBeTruthy()
    expect(document.activeElement?.textContent).toBe('Stay signed in')
    expect(await violations()).toEqual([])
    await userEvent.keyboard('{Escape}')
    expect(document.activeElement?.textContent).toBe('Sign out on all devices')
    expect(app.client.state.status).toBe('signed-in')
  })

  test('ends all sessions, and says nothing of trouble', async () => {
    const app = createApp()
    const results: LogoutResult[] = []
    app.show(<LogoutEverywhereButton onDone={(result) => results.push(result)} />)
    await app.signIn()
    await userEvent.click(screen.getByRole('button'))
    await userEvent.click(screen.getByRole('button', { name: 'Yes, sign out everywhere' }))
    await waitFor(() => expect(results).toMatchObject([{ server: 'confirmed', endedSessions: 1 }]))
    expect(screen.getByRole('status').textContent).toBe('')
  })

  test('never claims that other devices are signed out when the server did not confirm it', async () => {
    const app = createApp()
    app.show(<LogoutEverywhereButton />)
    await app.signIn()
    app.browser.server.weather = 'offline'
    await userEvent.click(screen.getByRole('button'))
    await userEvent.click(screen.getByRole('button', { name: 'Yes, sign out everywhere' }))
    await waitFor(() =>
      expect(screen.getByRole('status').textContent).toContain('other devices may still be signed in'),
    )
    expect(app.client.state.status).toBe('signed-out')
  })
})

describe('ProtectedRoute', () => {
  test('shows nothing that needs a session before it is known who is signed in', async () => {
    const app = createApp({}, { latency: () => 20 })
    await app.client.signIn({ email: 'ada@example.org', password: 'right' })
    const tab = createApp()
    Object.assign(tab.browser, { server: app.browser.server, cookie: app.browser.cookie })
    tab.browser.local.setItem('exeunt.session', app.browser.local.getItem('exeunt.session') ?? '')
    tab.show(page)
    expect(screen.queryByText('hers')).toBeNull()
    expect(screen.getByText('One moment')).toBeTruthy()
    expect(await screen.findByText('hers')).toBeTruthy()
  })

  test('keeps out who is signed in but not allowed', async () => {
    const app = createApp()
    app.show(
      <ProtectedRoute allow={(user) => user.roles.includes('admin')} denied={<p>Not for you</p>}>
        secret
      </ProtectedRoute>,
    )
    await app.signIn()
    expect(screen.getByText('Not for you')).toBeTruthy()
    expect(screen.queryByText('secret')).toBeNull()
  })

  test('goes when another device ends the session, and the notice says why', async () => {
    const app = createApp()
    app.browser.server.hasStream = true
    app.show(page)
    await app.signIn()
    await screen.findByText('hers')
    await waitFor(() => expect(app.browser.server.streamsOf('ses_1')).toBe(1))
    app.browser.server.end('ses_1', 'other_device')
    expect(await screen.findByText('Signed out from another device.')).toBeTruthy()
    expect(screen.queryByText('hers')).toBeNull()
    await waitFor(() => expect(app.queries.getQueryCache().getAll()).toEqual([]))
  })
})
