import { createExeunt } from '@exeunt/client'
import { settings } from './settings.js'

/** The one client of this page. Where it leads when the session has ended is the app's business: the server that must hear of it serves the pages, too. */
export const exeunt = createExeunt({ rotationWindow: settings.rotation_window })
