import { expect, type Locator, type Page } from '@playwright/test'

/** What people do who have no mouse. Nothing in here points at anything. */

const farthest = 150 // steps of Tab: more than any page has

/** Walks to a control with Tab, and sees that it has been reached. */
export async function reach(target: Locator): Promise<void> {
  await target.waitFor()
  const keyboard = target.page().keyboard
  for (let step = 0; step < farthest; step++) {
    const there = await target.evaluate((one) =>
      one === document.activeElement
        ? one.matches(':focus-visible') && getComputedStyle(one).outlineStyle !== 'none'
        : undefined,
    )
    if (there !== undefined) {
      expect(there, 'the focus is to be seen').toBe(true)
      return
    }
    await keyboard.press('Tab')
  }
  throw new Error(`Tab never comes to ${target.toString()}.`)
}

/** Walks to a button or a link and presses it. */
export async function press(target: Locator): Promise<void> {
  await reach(target)
  await target.page().keyboard.press('Enter')
}

/** Walks to a field and fills it in. */
export async function type(target: Locator, text: string): Promise<void> {
  await reach(target)
  await target.page().keyboard.press('Control+A')
  await target.page().keyboard.type(text)
}

/** Walks to a checkbox and turns it over. */
export async function tick(target: Locator): Promise<void> {
  await reach(target)
  await target.page().keyboard.press('Space')
}

/** Walks to a group of radio buttons, of which Tab knows one, and on to the wanted one. */
export async function choose(target: Locator): Promise<void> {
  const page = target.page()
  const group = page.locator(`input[name="${(await target.getAttribute('name')) ?? ''}"]`)
  await reach(group.and(page.locator(':checked')))
  for (let step = await group.count(); step > 0 && !(await target.isChecked()); step--)
    await page.keyboard.press('ArrowDown')
  await expect(target).toBeChecked()
}

/** Walks to a list of choices and takes one by typing its first letters. */
export async function select(target: Locator, words: string): Promise<void> {
  await reach(target)
  await target.page().keyboard.type(words)
  await expect(target.locator('option:checked')).toHaveText(words)
}

/** Answers the dialog that is open with the button of this name. */
export async function answer(page: Page, name: string): Promise<void> {
  await press(page.getByRole('dialog').getByRole('button', { name, exact: true }))
}
