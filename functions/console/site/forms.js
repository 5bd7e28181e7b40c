// Forms: what is typed is kept, and what is wrong is told at its field.
import { faultText } from './parts.js'
import { forget, keep, kept } from './typed.js'

/** The texts of the fields that differ from what was there before, by name. A select always does. */
export const edited = (form) => Object.fromEntries([...form.elements].filter((each) => each.name && each.value !== each.defaultValue).map(({ name, value }) => [name, value]))

/** For a form's `@input`. */
export const keeping = (name) => ({ currentTarget: form }) => {
  const texts = edited(form)
  if (Object.keys(texts).length) keep(name, texts)
  else forget(name)
}

export const typed = (name, field, before = '') => kept(name)?.[field] ?? before
/** Whether details are open at first: something was typed there. After that, the operator opens and closes them. */
export const isOpen = (app, name) => (app.local.open ??= Boolean(kept(name)))

/** What is wrong with each field. If anything else is wrong, all is told above the page. */
export function tell(app, error, fields) {
  const fieldOf = ({ pointer }) => pointer.split('/').find((step) => fields.includes(step))
  if (!error.errors?.length || !error.errors.every(fieldOf)) throw error
  app.local.wrong = Object.fromEntries(error.errors.map((each) => [fieldOf(each), faultText(each.detail)]))
}
