import { createExeunt, type ExeuntOptions } from '@exeunt/client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render } from '@testing-library/react'
import axe from 'axe-core'
import { StrictMode, type ReactNode } from 'react'
import { SimulatedBrowser, type Traits } from '../../client/test/support/browser.js'
import { ExeuntProvider } from '../src/index.js'

/** An app with its client, in a simulated browser with a simulated server. */
export function createApp(options: ExeuntOptions = {}, traits: Traits = {}) {
  const browser = new SimulatedBrowser(traits)
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const client = createExeunt(options, browser.open())
  return {
    browser,
    queries,
    client,
    async signIn() {
      await act(() => client.signIn({ email: 'ada@example.org', password: 'right' }))
    },
    show: (children: ReactNode) =>
      render(
        <StrictMode>
          <QueryClientProvider client={queries}>
            <ExeuntProvider client={client}>
              <main>{children}</main>
            </ExeuntProvider>
          </QueryClientProvider>
        </StrictMode>,
      ),
  }
}

HTMLCanvasElement.prototype.getContext = () => null // axe draws with it, and jsdom complains that it cannot

/** What axe-core finds wrong; contrast is for the app's own styles. */
export async function violations(): Promise<string[]> {
  const { violations: found } = await axe.run(document.body, {
    rules: { 'color-contrast': { enabled: false }, 'page-has-heading-one': { enabled: false } },
  })
  return found.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' ')}`)
}
