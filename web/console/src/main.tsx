import { ExeuntProvider } from '@exeunt/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from './api.js'
import { StepUpProvider } from './admin/step-up.js'
import { App } from './app.js'
import { exeunt } from './exeunt.js'
import { RouterProvider } from './router.js'
import './style.css'
import { NewsProvider } from './ui/news.js'

const queries = new QueryClient({
  defaultOptions: {
    // What the server refuses it refuses again; only silence is worth another try.
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && error instanceof ApiError && [0, 503].includes(error.status),
    },
  },
})

const place = document.getElementById('console')
if (place)
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <ExeuntProvider client={exeunt}>
          <RouterProvider>
            <NewsProvider>
              <StepUpProvider>
                <App />
              </StepUpProvider>
            </NewsProvider>
          </RouterProvider>
        </ExeuntProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
