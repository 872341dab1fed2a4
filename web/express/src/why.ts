/** What went wrong, in one line: a fetch hides the reason in its cause. */
export function why(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  return failure.cause instanceof Error ? `${failure.message}: ${failure.cause.message}` : failure.message
}
