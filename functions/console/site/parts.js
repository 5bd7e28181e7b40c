// What several pages show.
import { Lost } from './api.js'
import { html, nothing } from './vendor/lit-html.js'
import { known, number, t } from './words.js'

/** What `view` makes of a part that has been loaded; else that it is loading, or why it can't be shown. */
export function part(loaded, view) {
  if (!loaded) return html`<p class="quiet">${t('loading')}</p>`
  return loaded.problem ? html`<p class="bad">${problemText(loaded.problem)}</p>` : view(loaded.value)
}

/** In plain words; what the server says is added where it says more. */
export function problemText(error) {
  if (error instanceof Lost) return t(error.message || 'lostAnswer')
  const own = known(`problem.${error.kind}`) || known(`decided.${error.kind}`) || known(`status.${error.status}`)
  return own ? html`${own}${error.errors.map(({ detail }) => html`<br>${faultText(detail)}`)}` : `${t('refused')} ${error.message}`
}

/** What the server says of one value, in the operator's language if the console knows it. */
export const faultText = (detail) => detail && (known('fault', detail) || detail)

export const section = (title, content) => html`<section><h2>${title}</h2>${content}</section>`

/** Rows whose first cell names them. `numbers`: which columns are numbers. A wide table scrolls in its own place. */
export function table(label, head, rows, numbers = []) {
  const kind = (column) => (numbers.includes(column) ? 'n' : nothing)
  return html`<div class="wide" tabindex="0" role="region" aria-label=${label}><table>
    <thead><tr>${head.map((word, column) => html`<th scope="col" class=${kind(column)}>${word}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((cell, column) => (column ? html`<td class=${kind(column)}>${cell}</td>` : html`<th scope="row">${cell}</th>`))}</tr>`)}</tbody></table></div>`
}

/** A field with its label, its help and what is wrong with it. `control` gets the attributes that tie them together. */
export function field(id, label, control, help = '', wrong = '') {
  return html`<div class="field"><label for=${id}>${label}</label>${control(help || wrong ? `${id}-help` : nothing, wrong ? 'true' : nothing)}
    ${help || wrong ? html`<p id="${id}-help" class="help">${help} ${wrong ? html`<strong class="bad">${wrong}</strong>` : nothing}</p>` : nothing}</div>`
}

// A button that works is only said to be disabled: a disabled one would lose the focus.
export const button = (app, key, label, run, { kind = '', name = nothing, off = false } = {}) =>
  html`<button type="button" class=${kind} data-key=${key} aria-label=${name} ?disabled=${off} aria-disabled=${app.busy.has(key) ? 'true' : nothing} @click=${run}>${label}</button>`

export const OUTCOMES = ['sent', 'failed', 'skipped', 'unknown']

/** Why, and what to do about it. */
export const reasonText = (reason) => known(`reason.${reason}`)[0] || reason
export const adviceText = (reason) => known(`reason.${reason}`)[1] || ''

/** The reasons with their counts, and what to do about each. */
export const reasonTable = (reasons) => table(t('reasons'), [t('reasonIs'), t('people'), t('whatToDo')], reasons.map(([reason, count]) => [html`${reasonText(reason)} <code>${reason}</code>`, number(count), adviceText(reason)]), [1])
