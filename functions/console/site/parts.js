// What several pages show.
import { call, Lost, segment } from './api.js'
import { html, nothing } from './vendor/lit-html.js'
import { instant, known, number, share, t } from './words.js'

/** What `view` makes of a part that has been loaded; else that it is loading, or why it can't be shown. */
export function part(loaded, view) {
  if (!loaded) return html`<p class="quiet">${t('loading')}</p>`
  return loaded.problem ? html`<p class="bad">${problemText(loaded.problem)}</p>` : view(loaded.value)
}

/** In plain words; what the server says is added where it says more. */
export function problemText(error) {
  if (error instanceof Lost) return t(error.message || 'lostAnswer')
  const own = known(`problem.${error.kind}`) || known(`decided.${error.kind}`) || known(`status.${error.status}`)
  return own ? html`${own}${error.errors.map(({ detail }) => html`<br>${detail}`)}` : `${t('refused')} ${error.message}`
}

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

// ---- campaigns

export const STATES = ['scheduled', 'running', 'paused', 'completed', 'cancelled', 'failed']
export const OUTCOMES = ['sent', 'failed', 'skipped', 'unknown']
const STEPS = { scheduled: ['pause', 'cancel'], running: ['pause', 'cancel'], paused: ['resume', 'cancel'] }
const SYMBOLS = { scheduled: '◷', running: '▶', paused: '❚❚', completed: '✓', cancelled: '✕', failed: '!' }

/** The state has a word and a symbol; its colour only repeats them. */
export const state = ({ status }) => html`<span class="state ${status}"><span aria-hidden="true">${SYMBOLS[status]}</span> ${t(`state.${status}`)}</span>`
export const done = ({ counts }) => OUTCOMES.reduce((sum, name) => sum + counts[name], 0)
/** An app says what its broadcast says: operators neither change nor copy it. */
export const isBroadcast = ({ message }) => message.type === 'broadcast'
export const isEditable = (campaign) => !isBroadcast(campaign) && (campaign.status === 'scheduled' || (campaign.status === 'paused' && !campaign.started_at))

/** Why, and what to do about it. */
export const reasonText = (reason) => known(`reason.${reason}`)[0] || reason
export const adviceText = (reason) => known(`reason.${reason}`)[1] || ''

/** The reasons with their counts, and what to do about each. */
export const reasonTable = (reasons) => table(t('reasons'), [t('reasonIs'), t('people'), t('whatToDo')], reasons.map(([reason, count]) => [html`${reasonText(reason)} <code>${reason}</code>`, number(count), adviceText(reason)]), [1])

/** As much of the bar is full as of the recipients have been dealt with. Only an ended campaign's bar is full. */
export function progress(campaign) {
  const { seen = done(campaign), expected = 0, estimated } = campaign.progress
  const ended = campaign.status === 'completed'
  const part = ended ? 1 : expected ? Math.min(seen / expected, 0.99) : 0
  const text = expected && !ended ? t('seenOf', number(seen), number(Math.max(expected, seen)), estimated) : t('seen', number(seen))
  if (campaign.status === 'scheduled') return nothing
  return html`<div class="progress"><progress max="1" .value=${part} aria-label=${t('progressOf', campaign.name)}></progress><span>${ended || !expected ? '' : share(part)} ${text}</span></div>`
}

/** Buttons for the steps that the state allows, for who may send. */
export function steps(app, campaign, more = nothing) {
  if (!app.can('send')) return more
  const { id, name, status } = campaign
  return html`${(STEPS[status] || []).map((step) => button(app, `${step}:${id}`, t(`step.${step}`), () => askStep(app, campaign, step), { name: `${t(`step.${step}`)}: ${name}`, kind: step === 'cancel' ? 'danger' : '' }))}
    ${isEditable(campaign) ? html`<a class="button" href="#/campaigns/${segment(id)}/edit" aria-label="${t('step.edit')}: ${name}">${t('step.edit')}</a>` : nothing}
    ${isBroadcast(campaign) ? nothing : html`<a class="button" href="#/new?copy=${segment(id)}" aria-label="${t('step.copy')}: ${name}">${t('step.copy')}</a>`}${more}`
}

function askStep(app, campaign, step) {
  app.ask({
    title: t(`ask.${step}`, campaign.name), text: t(`will.${step}`), confirm: t(`step.${step}`), danger: step === 'cancel',
    run: () => app.act(`${step}:${campaign.id}`, async () => {
      try { await call('POST', `/campaigns/${segment(campaign.id)}/${step}`) } finally { app.look() }
    }),
  })
}

export const when = (campaign) => {
  if (campaign.finished_at) return t('ended', instant(campaign.finished_at))
  if (campaign.started_at) return t('started', instant(campaign.started_at))
  return campaign.schedule ? t('planned', instant(campaign.schedule.at)) : t('created', instant(campaign.created_at))
}
