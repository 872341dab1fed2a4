import type { ReactNode } from 'react'
import { Empty } from '../ui/parts.js'

/** The pages of the administration. */
export default function Admin(): ReactNode {
  return <Empty title="There is no such page.">Go on with the menu.</Empty>
}
