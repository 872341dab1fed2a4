import { createExeunt } from '@exeunt/client'
import { cleanup, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SimulatedBrowser } from '../../client/test/support/browser.js'
import { DeviceList } from '../src/index.js'
import { createApp, violations } from './app.js'

afterEach(cleanup)

let app: ReturnType<typeof createApp>

beforeEach(async () => {
  app = createApp()
  for (let device = 0; device < 2; device++) {
    const other = new SimulatedBrowser()
    Object.assign(other, { server: app.browser.server })
    await createExeunt({}, other.open()).signIn({ email: 'ada@example.org', password: 'right' })
  }
  app.show(<DeviceList locale="en-GB" />)
  await app.signIn()
  await screen.findAllByRole('listitem')
})

const names = () => screen.getAllByRole('listitem').map((item) => within(item).getByText(/^Firefox/).textContent)
const mine = () => (app.client.state.status === 'signed-in' ? app.client.state.sessionId : '')

describe('DeviceList', () => {
  test('shows this device first and marked, without a way to end it, and axe finds nothing', async () => {
    const items = screen.getAllByRole('listitem')
    expect(items).toHaveLength(3)
    const [first, ...others] = items
    expect(first?.textContent).toContain(`Firefox on ${mine()} (This device)`)
    expect(first?.textContent).toContain('192.0.2.7')
    expect(first && within(first).queryByRole('button')).toBeNull()
    expect(others.map((item) => within(item).getAllByRole('button').length)).toEqual([1, 1])
    expect(await violations()).toEqual([])
  })

  test('ends one after asking, says so, and the focus is not lost', async () => {
    const [, target = ''] = names()
    await userEvent.click(screen.getByRole('button', { name: `Sign out ${target}` }))
    expect(await violations()).toEqual([])
    await userEvent.click(screen.getByRole('button', { name: 'Yes, sign out' }))
    await waitFor(() => expect(screen.getAllByRole('listitem')).toHaveLength(2))
    expect(names()).not.toContain(target)
    expect(screen.getByRole('status').textContent).toBe(`${target} is signed out.`)
    expect(document.activeElement).toBe(screen.getByRole('heading'))
  })

  test('ends all others, and then says that there are none', async () => {
    await userEvent.click(screen.getByRole('button', { name: 'Sign out all other devices' }))
    await userEvent.click(screen.getByRole('button', { name: 'Yes, sign out' }))
    await screen.findByText('You are signed in on no other device.')
    expect(app.browser.server.live).toEqual([mine()])
    expect(screen.getByRole('status').textContent).toBe('2 other devices are signed out.')
    expect(await violations()).toEqual([])
  })

  test('says when it did not work, and nothing is ended', async () => {
    app.browser.server.weather = 'failing'
    await userEvent.click(screen.getByRole('button', { name: 'Sign out all other devices' }))
    await userEvent.click(screen.getByRole('button', { name: 'Yes, sign out' }))
    await waitFor(() => expect(screen.getByRole('status').textContent).toContain('Nothing was ended'))
    expect(app.browser.server.live).toHaveLength(3)
  })

  test('can be tried again when the list does not come', async () => {
    cleanup()
    app.queries.clear()
    app.browser.server.failing.add('/api/v1/sessions')
    app.show(<DeviceList />)
    const alert = await screen.findByRole('alert')
    app.browser.server.failing.clear()
    await userEvent.click(within(alert).getByRole('button', { name: 'Try again' }))
    expect(await screen.findAllByRole('listitem')).toHaveLength(3)
    expect(screen.queryByRole('alert')).toBeNull()
  })
})
