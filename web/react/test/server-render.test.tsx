// @vitest-environment node
import { createExeunt } from '@exeunt/client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { DeviceList, ExeuntProvider, LogoutButton, ProtectedRoute, SignedOutNotice } from '../src/index.js'

test('Everything renders where there is no window, and shows nothing that needs a session', () => {
  expect(typeof window).toBe('undefined')
  const html = renderToString(
    <QueryClientProvider client={new QueryClient()}>
      <ExeuntProvider client={createExeunt({ afterLogout: '/login' })}>
        <ProtectedRoute loading="One moment">secret</ProtectedRoute>
        <LogoutButton />
        <DeviceList />
        <SignedOutNotice />
      </ExeuntProvider>
    </QueryClientProvider>,
  )
  expect(html).toContain('One moment')
  expect(html).not.toContain('secret')
})
