import { createExeunt, type Credentials } from '@exeunt/client'
import { settings } from './settings.js'

/** The one client of this page. Where it leads when the session has ended is the app's business: the server that must hear of it serves the pages, too. */
export const exeunt = createExeunt({ rotationWindow: settings.rotation_window })

let entering: Promise<unknown> = Promise.resolve()

/** Signs in while somebody is: the kit ends the old session first, and for that moment nobody is signed in. */
export function signInAgain(who: Credentials): Promise<void> {
  const signedIn = exeunt.signIn(who)
  entering = signedIn.catch(() => undefined)
  return signedIn
}

/** Completes when no such sign-in is under way. */
export const entered = (): Promise<unknown> => entering
