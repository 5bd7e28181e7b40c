// Lists that go on: the first page, what "Load more" has added, and the button.
import { call, segment } from './api.js'
import { button } from './parts.js'
import { html, nothing } from './vendor/lit-html.js'
import { t } from './words.js'

/**
 * `view` gets all items so far, and whether there are more. When the first page has changed, what was added may have
 * a gap before it, or repeat it: it is read anew, and stays until then.
 */
export function longer(app, name, found, view) {
  const { local } = app
  const after = JSON.stringify(found)
  const added = local.longer?.[name] || { after, items: [], next: found.next_cursor }
  if (added.after !== after) readAnew(app, name, found, after)
  const more = () => app.act(`more:${name}`, async () => {
    const { items, next } = await read(app, name, added.next)
    local.longer = { ...local.longer, [name]: { after: added.after, items: [...added.items, ...items], next } }
  })
  return html`${view(distinct([...found.items, ...added.items]), added.next)}${added.next ? button(app, `more:${name}`, t('more'), more, { name: `${t('more')}: ${t(name)}` }) : nothing}`
}

/** What was decided is no longer in the list, wherever it was. The first page is loaded again in any case. */
export function leaveOut({ local }, name, id) {
  const added = local.longer?.[name]
  if (added) local.longer = { ...local.longer, [name]: { ...added, items: added.items.filter((each) => each.id !== id) } }
}

const idOf = (item) => item.id || item.appid || JSON.stringify(item)

function distinct(items) {
  const seen = new Set()
  return items.filter((each) => !seen.has(idOf(each)) && seen.add(idOf(each)))
}

/** From the cursor on: one page, or as many as have `enough` items. */
async function read(app, name, cursor, enough = 1) {
  const items = []
  let next = cursor
  while (next && items.length < enough) {
    const page = await call('GET', `${app.parts[name].path}&cursor=${segment(next)}`)
    items.push(...page.items)
    next = page.next_cursor
  }
  return { items, next }
}

/** Once for each first page. If it fails, the old items stay. */
async function readAnew(app, name, found, after) {
  const { local } = app
  const added = local.longer[name]
  if (added.reading === after) return
  added.reading = after
  const again = await read(app, name, found.next_cursor, added.items.length).catch(() => null)
  if (!again || local.longer[name] !== added || added.reading !== after) return
  local.longer = { ...local.longer, [name]: { after, ...again } }
  if (local === app.local) app.draw()
}
