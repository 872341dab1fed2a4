import { useState } from 'react'

/** A form that shows what the address says, and what has been typed since. It stays the same form when the address changes, so the focus stays in it. */
export function useAddressForm<T>(
  query: URLSearchParams,
  read: (query: URLSearchParams) => T,
): readonly [form: T, set: (form: T) => void] {
  const address = query.toString()
  const [state, setState] = useState(() => ({ address, form: read(query) }))
  if (state.address !== address) setState({ address, form: read(query) })
  return [state.form, (form) => setState({ address, form })]
}
