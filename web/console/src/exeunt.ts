import { createExeunt } from '@exeunt/client'
import { settings } from './settings.js'

/** The one client of this page. When the session ends, every tab forgets the page it was on, its address too. */
export const exeunt = createExeunt({ rotationWindow: settings.rotation_window, afterLogout: '/console/sign-in' })
