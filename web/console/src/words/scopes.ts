/** What one ending can cover, as far as it is more than one session. */
export type Scope = 'user' | 'client' | 'issuer' | 'everyone'

interface ScopeWords {
  readonly words: string
  readonly explain: string
  /** What to call the field that says which; absent where there is nothing to choose. */
  readonly label?: string
  readonly placeholder?: string
}

export const scopes: Readonly<Record<Scope, ScopeWords>> = {
  user: {
    words: 'One person',
    explain: 'On all their devices.',
    label: 'E-mail address or id',
    placeholder: 'ada@example.com',
  },
  client: {
    words: 'One client',
    explain: 'Everybody who signed in through one application.',
    label: 'Client',
    placeholder: 'default',
  },
  issuer: {
    words: 'One issuer',
    explain: 'All whose tokens one issuer signs.',
    label: 'Issuer',
    placeholder: 'https://clerk.example.com',
  },
  everyone: { words: 'Everyone', explain: 'Exeunt omnes: all sessions there are.' },
}

/** Whether a word of an address names a scope. */
export function isScope(word: string | null): word is Scope {
  return word !== null && Object.hasOwn(scopes, word)
}

/** The request that ends a scope. */
export function scopeRequest(scope: Scope, target: string): object {
  return scope === 'everyone' ? { scope } : { scope, [scope]: target }
}

/** What has to be typed before a scope ends: its own name, so that the hand knows what the head has chosen. */
export function typedWord(scope: Scope, target: string): string {
  return scope === 'everyone' ? 'everyone' : target
}
