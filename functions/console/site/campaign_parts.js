// What the list of campaigns and the page of one both show.
import { call, segment } from './api.js'
import { button, OUTCOMES } from './parts.js'
import { html, nothing } from './vendor/lit-html.js'
import { instant, number, share, t } from './words.js'

export const STATES = ['scheduled', 'running', 'paused', 'completed', 'cancelled', 'failed']
const STEPS = { scheduled: ['pause', 'cancel'], running: ['pause', 'cancel'], paused: ['resume', 'cancel'] }
const SYMBOLS = { scheduled: '◷', running: '▶', paused: '❚❚', completed: '✓', cancelled: '✕', failed: '!' }

/** The state has a word and a symbol; its colour only repeats them. */
export const state = ({ status }) => html`<span class="state ${status}"><span aria-hidden="true">${SYMBOLS[status]}</span> ${t(`state.${status}`)}</span>`
export const done = ({ counts }) => OUTCOMES.reduce((sum, name) => sum + counts[name], 0)
/** An app says what its broadcast says: operators neither change nor copy it. */
export const isBroadcast = ({ message }) => message.type === 'broadcast'
export const isEditable = (campaign) => !isBroadcast(campaign) && (campaign.status === 'scheduled' || (campaign.status === 'paused' && !campaign.started_at))

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
