import type { ServerResponse } from 'node:http'

const bare = 'Bearer realm="exeunt"'
const retryAfter = '5' // seconds: a heartbeat

/** How a request is refused (RFC 6750 §3). It tells no more than the owner of a good token may know. */
export interface Refusal {
  readonly status: 400 | 401 | 503
  /** For programs. */
  readonly reason: 'missing' | 'malformed' | 'invalid' | 'expired' | 'revoked' | 'stale' | 'no-keys'
  /** For people. */
  readonly detail: string
}

export const refusals = {
  missing: { status: 401, reason: 'missing', detail: 'Send an access token as: Authorization: Bearer token.' },
  invalid: { status: 401, reason: 'invalid', detail: 'The access token is not one that this API accepts.' },
  expired: { status: 401, reason: 'expired', detail: 'The access token has expired: refresh it, or sign in again.' },
  revoked: { status: 401, reason: 'revoked', detail: 'The session of this token has ended: sign in again.' },
  // Not 401: that would send callers with good tokens into a circle of refreshes.
  stale: { status: 503, reason: 'stale', detail: 'Whether the session of this token has ended cannot be known now.' },
  noKeys: { status: 503, reason: 'no-keys', detail: 'The keys of the issuer could not be fetched yet.' },
} as const satisfies Record<string, Refusal>

/** Answers with a refusal. */
export function refuse(response: ServerResponse, { status, reason, detail }: Refusal): void {
  if (response.headersSent) {
    // Somebody was faster, such as the app's own limit on time. What is still being told is cut.
    if (!response.writableEnded) response.destroy()
    return
  }

  response.statusCode = status
  response.setHeader('Cache-Control', 'no-store')
  if (status === 503) {
    response.setHeader('Retry-After', retryAfter)
  } else {
    const error = status === 400 ? 'invalid_request' : 'invalid_token'
    // Without credentials there is no error code (RFC 6750 §3.1); what a header may not hold is left out of the description.
    response.setHeader(
      'WWW-Authenticate',
      reason === 'missing'
        ? bare
        : `${bare}, error="${error}", error_description="${detail.replace(/[^ -~]|["\\<>]/g, '')}"`,
    )
    response.appendHeader('Access-Control-Expose-Headers', 'WWW-Authenticate') // the page that asked may read why
  }

  response.end()
}
