// The list of campaigns, newest first: what runs, how fast, until when, and the buttons to stop it.
import { call, query, segment } from './api.js'
import { done, progress, state, STATES, steps, when } from './campaign_parts.js'
import { button, OUTCOMES, part, reasonText } from './parts.js'
import { html, nothing } from './vendor/lit-html.js'
import { instant, number, t } from './words.js'

const PAGE = 20
const path = (app, cursor) => query('/campaigns', { status: app.query.get('status'), limit: PAGE, cursor })
const items = (app) => [...(app.parts.list?.value?.items || []), ...(app.local.more || [])]

export const needs = (app) => ({ list: path(app) })
export const isLive = (app) => items(app).some(({ status }) => status === 'running')

/** In how many ms the next planned campaign starts. */
export function due(app) {
  const starts = items(app).filter(({ status }) => status === 'scheduled').map(({ schedule }) => Date.parse(schedule?.at) - Date.now())
  return Math.min(...starts.filter((each) => each > -600000).map((each) => Math.max(each, 5000)))
}

export function view(app) {
  const status = app.query.get('status') || ''
  return html`<div class="line"><h1>${t('title.campaigns')}</h1>
      <span class="acts"><label for="filter" class="beside">${t('show')}</label><select id="filter" @change=${(event) => app.go(query('#/campaigns', { status: event.target.value }))}>
        ${['', ...STATES].map((each) => html`<option value=${each} ?selected=${each === status}>${each ? t(`state.${each}`) : t('allStates')}</option>`)}</select>
        ${app.can('send') ? html`<a class="button main" href="#/new">${t('title.new')}</a>` : nothing}</span></div>
    ${part(app.parts.list, ({ items: first, next_cursor: next }) => list(app, first, app.local.more ? app.local.next : next))}`
}

function list(app, first, next) {
  if (!first.length) return html`<p class="empty">${t(app.query.get('status') ? 'noneOfState' : 'noCampaigns')}</p>`
  return html`<ul class="campaigns">${[...first, ...(app.local.more || [])].map((campaign) => row(app, campaign))}</ul>
    ${next ? html`<p class="acts">${button(app, 'more', t('more'), () => more(app, next))}</p>` : nothing}`
}

const more = (app, cursor) => app.act('more', async () => {
  const found = await call('GET', path(app, cursor))
  app.local.more = [...(app.local.more || []), ...found.items]
  app.local.next = found.next_cursor
})

function row(app, campaign) {
  const { id, name, status, reason, counts, progress: { per_second: rate, eta } } = campaign
  return html`<li class="campaign"><div class="line"><h2><a href="#/campaigns/${segment(id)}">${name}</a></h2>${state(campaign)}</div>
    ${progress(campaign)}
    <p class="quiet">${when(campaign)}${status === 'running' && rate ? html` · ${t('rate', number(rate, 1))}` : nothing}${status === 'running' && eta ? html` · ${t('eta', instant(eta))}` : nothing}${reason ? html` · ${reasonText(reason)}` : nothing}</p>
    <div class="line">${done(campaign) || status !== 'scheduled' ? html`<dl class="counts">${OUTCOMES.map((each) => html`<div><dt>${t(`outcome.${each}`)}</dt><dd>${number(counts[each])}</dd></div>`)}</dl>` : nothing}<div class="acts">${steps(app, campaign)}</div></div></li>`
}
