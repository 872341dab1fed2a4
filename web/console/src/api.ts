import { SignedOutError } from '@exeunt/client'
import { exeunt } from './exeunt.js'

/** The server refused, in the words of its problem document; status 0: it did not answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    readonly status: number,
    detail: string,
    /** The last part of the problem's type, such as `step-up-required`. */
    readonly kind?: string,
    /** The field that is wrong. */
    readonly field?: string,
  ) {
    super(detail)
  }
}

interface ProblemDocument {
  readonly type?: string
  readonly title?: string
  readonly detail?: string
  readonly field?: string
}

/** Asks the API as the person who is signed in. Rejects with ApiError, or with SignedOutError. */
export async function ask<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
  return (await (await send(method, path, body, signal)).json()) as T
}

/** The same for answers that are not JSON. */
export async function send(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
  const response = await exeunt
    .fetch(`/api/v1${path}`, {
      method,
      ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    .catch((failure: unknown) => {
      if (failure instanceof SignedOutError || signal?.aborted) throw failure
      throw new ApiError(0, 'The server did not answer. Check the connection and try again.')
    })
  if (!response.ok) throw await problemOf(response)
  return response
}

/** Reads what went wrong out of an answer. */
export async function problemOf(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as ProblemDocument
  const words = problem.detail ?? problem.title ?? `The server answered ${response.status}.`
  return new ApiError(response.status, words, problem.type?.split(':').at(-1), problem.field)
}
