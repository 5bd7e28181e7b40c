// One campaign: what its users see, how far it is, who did not get it and why.
import { call, query, segment } from './api.js'
import { chart } from './charts.js'
import { done, isBroadcast, isEditable, progress, state, steps, when } from './campaign_parts.js'
import { adviceText, button, field, OUTCOMES, part, problemText, reasonTable, reasonText, section, table } from './parts.js'
import { audienceText, card, OFFICIAL_TEMPLATES, warnings } from './card.js'
import { html, nothing } from './vendor/lit-html.js'
import { clock, instant, known, number, t, zoned } from './words.js'

const PAGE = 20
const [HOUR, BARS] = [3600, 96]
const base = (app) => `/campaigns/${segment(app.args[0])}`
const listPath = (app, cursor, limit = PAGE) => query(`${base(app)}/recipients`, { status: app.local.status, limit, cursor })

export const needs = (app) => ({
  campaign: base(app), templates: '/templates', events: `${base(app)}/events`, timeline: query(`${base(app)}/timeline`, { step: step(app.parts.campaign?.value || {}) }),
  recipients: listPath(app),
})
/** In seconds: a minute, or an hour for a campaign that takes longer than a day. */
const step = ({ started_at: start, finished_at: end }) => ((end ? Date.parse(end) : Date.now()) - Date.parse(start) > 24 * HOUR * 1000 ? HOUR : 60)
export const isLive = (app) => app.parts.campaign?.value?.status === 'running'
export const due = (app) => { const at = app.parts.campaign?.value?.schedule?.at; return at && Date.parse(at) > Date.now() ? Date.parse(at) - Date.now() + 1000 : Infinity }

export const view = (app) => html`<p class="back"><a href="#/campaigns">‹ ${t('title.campaigns')}</a></p>${app.parts.campaign?.value ? nothing : html`<h1>${t('title.campaign')}</h1>`}${part(app.parts.campaign, (campaign) => whole(app, campaign))}`

function whole(app, campaign) {
  const template = templates(app, campaign.message).find(({ template_id: id }) => id === campaign.message.template_id)
  const { per_second: rate, eta } = campaign.progress
  return html`<div class="line"><h1>${campaign.name}</h1>${state(campaign)}</div>
    <div class="acts">${steps(app, campaign)}</div>
    ${campaign.reason ? html`<p class="alert"><strong>${reasonText(campaign.reason)}</strong> ${adviceText(campaign.reason)} ${wechatText(campaign)}</p>` : nothing}
    ${warnings(isEditable(campaign) ? campaign.warnings : [])}
    ${progress(campaign)}
    <p class="quiet">${when(campaign)}${campaign.status === 'running' && rate ? html` · ${t('rate', number(rate, 1))}` : nothing}${campaign.status === 'running' && eta ? html` · ${t('eta', instant(eta))}` : nothing}</p>
    <div class="columns"><div>${counts(campaign)}${facts(campaign)}</div>${isBroadcast(campaign) ? nothing : card(campaign.message, template)}</div>
    ${timeline(app)}
    ${section(t('events'), part(app.parts.events, events))}
    ${section(t('recipients'), recipients(app, campaign))}`
}

/** Of the account from which the message goes out. The official account's are read once: most campaigns don't need them. */
function templates(app, { type }) {
  if (type !== 'official') return app.parts.templates?.value?.items || []
  const { local } = app
  if (!local.official) {
    local.official = []
    call('GET', OFFICIAL_TEMPLATES).then(({ items }) => { local.official = items; app.draw() }, () => {})
  }
  return local.official
}

/** Where a tap leads. */
const target = ({ page, miniprogram = { page }, url }) => [miniprogram.page, miniprogram.appid, url].filter(Boolean).map((each) => html`<code>${each}</code> `)

const wechatText = ({ errcode, errmsg, rid }) => (errcode ? html`<span class="quiet">WeChat: <code>${errcode}</code> ${errmsg || ''} ${rid ? html`<code>rid ${rid}</code>` : nothing}</span>` : nothing)

/** The outcomes and their sum; then the reasons, the most frequent first. */
function counts(campaign) {
  const reasons = Object.entries(campaign.counts.by_reason).sort((a, b) => b[1] - a[1])
  return section(t('counts'), html`${table(t('counts'), [t('outcomeIs'), t('people')], [...OUTCOMES.map((each) => [html`<span class="key ${each}" aria-hidden="true"></span>${t(`outcome.${each}`)}<small>${t(`meaning.${each}`)}</small>`, number(campaign.counts[each])]),
    [html`<strong>${t('sum')}</strong>`, html`<strong>${number(done(campaign))}</strong>`]], [1])}
    ${reasons.length ? html`<h3>${t('reasons')}</h3>${reasonTable(reasons)}` : nothing}`)
}

function facts({ id, audience, schedule, created_at: created, max_per_second: rate, frequency_cap: cap, message }) {
  const rows = [[t('to'), audienceText(audience)], [t('plannedFor'), schedule ? zoned(schedule.at) : t('atOnce')], [t('createdAt'), zoned(created)],
    [t('maxRate'), rate ? t('rate', number(rate)) : t('none')], [t('cap'), cap ? t('capIs', cap.messages, cap.hours) : t('none')],
    ...(isBroadcast({ message }) ? [] : [[t('page'), target(message).length ? target(message) : t('none')], [t('templateId'), html`<code>${message.template_id}</code>`]]), ['ID', html`<code>${id}</code>`]]
  return section(t('settings'), html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`)
}

function timeline(app) {
  const loaded = app.parts.timeline
  if (!loaded?.value) return loaded?.problem && loaded.problem.kind !== 'not-found' ? section(t('timeline'), html`<p class="bad">${problemText(loaded.problem)}</p>`) : nothing
  const { items } = loaded.value
  if (!items.length) return nothing
  const bars = even(items)
  return chart({ id: 'timeline', title: t('timeline'), note: t('timelineNote'), head: t('minute'), labels: bars.map(({ at }) => clock(at)), series: OUTCOMES.map((kind) => ({ kind, label: t(`outcome.${kind}`), values: bars.map((bar) => bar[kind]) })) })
}

/** The minutes as bars of equal length, so that a pause is a gap. */
function even(items) {
  const [first, last] = [items[0], items.at(-1)].map(({ at }) => Date.parse(at))
  const long = Math.ceil((last - first + 60000) / BARS / 60000) * 60000
  const bars = Array.from({ length: Math.floor((last - first) / long) + 1 }, (_, at) => ({ at: new Date(first + at * long).toISOString(), sent: 0, failed: 0, skipped: 0, unknown: 0 }))
  for (const item of items) for (const kind of OUTCOMES) bars[Math.floor((Date.parse(item.at) - first) / long)][kind] += item[kind]
  return bars
}

const events = ({ items }) => (items.length ? html`<ol class="events">${items.map(({ at, event, status, by, reason }) => html`<li><time datetime=${at}>${instant(at)}</time> ${event === 'ended' ? t(`state.${status}`) : known(`event.${event}`) || event}${by ? html` · ${by}` : nothing}${reason ? html` · ${reasonText(reason)}` : nothing}</li>`)}</ol>` : html`<p class="quiet">${t('noEvents')}</p>`)

// ---- recipients

function recipients(app, campaign) {
  const filter = (event) => { Object.assign(app.local, { status: event.target.value, more: null, next: null }); app.look() }
  return html`<div class="line filters">${field('status', t('outcomeIs'), (help) => html`<select id="status" aria-describedby=${help} @change=${filter}>${['', ...OUTCOMES].map((each) => html`<option value=${each} ?selected=${each === (app.local.status || '')}>${each ? t(`outcome.${each}`) : t('all')}</option>`)}</select>`)}
      <form class="find" @submit=${(event) => find(event, app)}>${field('openid', t('findOpenid'), () => html`<input id="openid" name="openid" autocomplete="off" spellcheck="false" required maxlength="64">`)}<button>${t('find')}</button></form>
      ${app.local.exporting == null ? button(app, 'csv', t('csv'), () => download(app, campaign)) : html`<span role="status">${t('exported', number(app.local.exporting))}</span>`}</div>
    ${app.local.found ? html`<div class="alert" role="status">${whyText(app.local.found)}</div>` : nothing}
    ${part(app.parts.recipients, ({ items, next_cursor: next }) => lines(app, [...items, ...(app.local.more || [])], app.local.more ? app.local.next : next))}`
}

/** What became of one user in this campaign. A user outside of its audience has reasons of their own. */
export function whyText({ openid, status, reason, errcode, errmsg, rid, at }) {
  const [why, advice] = known(`outside.${reason}`) || [reasonText(reason), adviceText(reason)]
  return html`<strong>${openid}</strong>: ${known(`outcome.${status}`) || t(`found.${status}`)}${reason ? html` – ${why}. ${advice}` : nothing} ${at ? html`<time datetime=${at}>${instant(at)}</time>` : nothing} ${wechatText({ errcode, errmsg, rid })}`
}

const find = (event, app) => {
  event.preventDefault()
  const openid = new FormData(event.target).get('openid').trim()
  return app.act('find', async () => { app.local.found = null; app.local.found = await call('GET', `${base(app)}/recipients/${segment(openid)}`) })
}

function lines(app, items, next) {
  if (!items.length) return html`<p class="quiet">${t('noRecipients')}</p>`
  return html`${table(t('recipients'), ['openid', t('outcomeIs'), t('reasonIs'), t('time')], items.map(({ openid, status, reason, errcode, at }) => [html`<a href="#/users/${segment(openid)}"><code>${openid}</code></a>`, t(`outcome.${status}`), reason ? html`${reasonText(reason)}${errcode ? html` <code>${errcode}</code>` : nothing}` : '', html`<time datetime=${at}>${instant(at)}</time>`]))}
    ${next ? html`<p class="acts">${button(app, 'more', t('more'), () => app.act('more', async () => {
      const found = await call('GET', listPath(app, next))
      Object.assign(app.local, { more: [...(app.local.more || []), ...found.items], next: found.next_cursor })
    }))}</p>` : nothing}`
}

// ---- CSV

const COLUMNS = ['openid', 'status', 'reason', 'errcode', 'errmsg', 'rid', 'msgid', 'at']
/** A spreadsheet takes a text that begins so for a formula. */
const cell = (value) => { const text = String(value ?? ''); return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"` }

const download = (app, campaign) => app.act('csv', async () => {
  const { local } = app
  const text = [`\ufeff${COLUMNS.join(',')}\r\n`]
  local.exporting = 0
  try {
    for (let cursor = ''; cursor !== null && local === app.local;) {
      const found = await call('GET', listPath(app, cursor, 1000))
      text.push(found.items.map((item) => `${COLUMNS.map((name) => cell(item[name])).join(',')}\r\n`).join(''))
      local.exporting += found.items.length
      cursor = found.next_cursor
      app.draw()
    }
  } finally { local.exporting = null }
  if (local === app.local) save(new Blob(text, { type: 'text/csv' }), `${campaign.id}.csv`)
})

function save(blob, name) {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60000)
}
