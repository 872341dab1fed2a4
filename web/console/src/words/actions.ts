/** What the audit trail records, in words. */
export const actions: Readonly<Record<string, string>> = {
  account_created: 'Account created',
  account_disabled: 'Account disabled',
  account_enabled: 'Account enabled',
  password_changed: 'Password changed',
  signed_in: 'Signed in',
  sign_in_failed: 'Sign-in failed',
  session_mirrored: 'Session of a provider seen',
  session_ended: 'Session ended',
  sessions_ended: 'Sessions ended',
  logout_recorded: 'Logout recorded',
  logout_refused: 'Logout refused',
  refresh_converged: 'Two refreshes met',
  refresh_recovered: 'Lost refresh recovered',
  state_rolled_back: 'Database put back',
  failures_counted: 'Failures counted',
  admin_refused: 'Administration refused',
  key_changed: 'Key changed',
  client_added: 'Client added',
  client_removed: 'Client removed',
  client_refused: 'Client refused',
  checkpoint: 'Checkpoint signed',
  retention_cut: 'Old entries deleted',
  personal_erased: 'Person erased',
  audit_exported: 'Audit trail exported',
  backed_up: 'Backed up',
  ledger_moved: 'Database moved',
  chain_opened: 'Chain opened',
  ledger_was_away: 'Database was away',
}

const alarming = [
  'sign_in_failed',
  'logout_refused',
  'state_rolled_back',
  'admin_refused',
  'client_refused',
  'ledger_was_away',
]

/** How much an action, and the reason of an ending, asks to be looked at. */
export function toneOf(action: string, reason: string | undefined): 'plain' | 'good' | 'warn' | 'bad' {
  if (reason === 'token_theft') return 'bad'
  if (alarming.includes(action)) return 'warn'
  return action === 'signed_in' ? 'good' : 'plain'
}
