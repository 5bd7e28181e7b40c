// Lists that go on: the first page, what "Load more" has added, and the button.
import { call, segment } from './api.js'
import { button } from './parts.js'
import { html, nothing } from './vendor/lit-html.js'
import { t } from './words.js'

/** `view` gets all items so far. What was added ends with another first page, which it may no longer follow. */
export function longer(app, name, found, view) {
  const { local } = app
  const after = JSON.stringify(found)
  const added = local.longer?.[name]?.after === after ? local.longer[name] : { items: [], next: found.next_cursor }
  const more = () => app.act(`more:${name}`, async () => {
    const { items, next_cursor: next } = await call('GET', `${app.parts[name].path}&cursor=${segment(added.next)}`)
    local.longer = { ...local.longer, [name]: { after, items: [...added.items, ...items], next } }
  })
  return html`${view([...found.items, ...added.items])}${added.next ? button(app, `more:${name}`, t('more'), more, { name: `${t('more')}: ${t(name)}` }) : nothing}`
}
