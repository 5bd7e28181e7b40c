// Whom the deployment can reach now and later, what went out, what went wrong and what to do, and whether it is well.
import { query, segment } from './api.js'
import { chart } from './charts.js'
import { adviceText, OUTCOMES, part, reasonTable, reasonText, section } from './parts.js'
import { html, nothing } from './vendor/lit-html.js'
import { day, known, number, relative, share, t, weekday } from './words.js'

const [HOUR, DAY, DAYS, WEEK] = [3600000, 86400000, 30, 7]
const iso = (ms) => new Date(ms).toISOString()

export function open(app) {
  const now = Date.now()
  const today = Math.floor(now / DAY) * DAY
  app.local = { tomorrow: iso(Math.ceil(now / HOUR) * HOUR + DAY), from: iso(today - (DAYS - 1) * DAY), to: iso(today + DAY) }
}

export const needs = ({ local }) => ({
  pool: query('/pool', { at: local.tomorrow }), stats: query('/stats', { from: local.from, to: local.to, step: 'day' }), status: '/status',
})

export function view(app) {
  const { pool, stats, status } = app.parts
  return html`<h1>${t('title.overview')}</h1>
    ${part(status, health)}
    ${part(pool, (found) => tiles(found, stats?.value))}
    ${pool?.value ? forecast(pool.value) : nothing}
    ${stats?.value ? history(stats.value) : part(stats)}`
}

const sum = (items, name) => items.reduce((all, item) => all + (item[name] || 0), 0)

function tiles({ reachable_users: reachable, permits, measured_at: measured, templates }, stats) {
  const week = stats ? stats.items.slice(-WEEK) : []
  const tried = sum(week, 'sent') + sum(week, 'failed') + sum(week, 'unknown')
  const tile = (word, value, note) => html`<div class="card"><dt>${t(word)}</dt><dd id="tile-${word}">${value}</dd><dd class="quiet">${note}</dd></div>`
  return html`<dl class="tiles">${tile('reachable', number(reachable), measured ? t('measured', relative(measured)) : t('notMeasured'))}
    ${tile('permits', number(permits), t('permitsNote'))}
    ${tile('gone', number(sum(templates, 'permits_gone')), t('goneNote'))}
    ${tile('sentShare', tried ? share(sum(week, 'sent') / tried) : '–', tried ? t('sentOf', number(sum(week, 'sent')), number(tried)) : t('nothingSent'))}</dl>`
}

/** How many of today's permits each day will have left. */
function forecast({ permits, expiring }) {
  let left = permits
  const values = expiring.map(({ permits: gone }) => { left -= gone; return left })
  return chart({ id: 'forecast', title: t('forecast'), note: t('forecastNote'), head: t('day'), labels: expiring.map((each, at) => (at ? weekday(each.day) : t('today'))), series: [{ label: t('permitsLeft'), kind: 'sent', values }], hollow: [0] })
}

function history({ items }) {
  const labels = items.map(({ at }) => day(at))
  const reasons = Object.entries(items.slice(-WEEK).reduce((all, { by_reason: each }) => { for (const [why, count] of Object.entries(each || {})) all[why] = (all[why] || 0) + count; return all }, {})).sort((a, b) => b[1] - a[1])
  const measured = items.filter(({ reachable_users: users }) => users != null)
  return html`${reasons.length ? section(t('reasonsOfWeek'), reasonTable(reasons)) : nothing}
    ${chart({ id: 'sends', title: t('sends'), note: t('sendsNote'), head: t('day'), labels, series: OUTCOMES.map((kind) => ({ kind, label: t(`outcome.${kind}`), values: items.map((item) => item[kind] || 0) })) })}
    ${measured.length > 1 ? chart({ id: 'reach', title: t('reachHistory'), head: t('day'), isLine: true, labels: measured.map(({ at }) => day(at)), series: [{ label: t('reachable'), values: measured.map(({ reachable_users: users }) => users) }] }) : nothing}
    ${chart({ id: 'permits', title: t('permitHistory'), head: t('day'), labels, series: ['collected', 'spent', 'expired'].map((kind) => ({ kind, label: t(`flow.${kind}`), values: items.map((item) => item[kind] || 0) })) })}`
}

const LATE = 3 * HOUR

/** What is well in one line; then each thing that is not, and what to do. */
function health({ version, sweep, token, callback_at: heard, templates_synced_at: synced, dead_letters: dead, paused_campaigns: paused, unavailable }) {
  const letters = Object.values(dead || {}).reduce((all, each) => all + each, 0)
  const error = token?.last_error
  const faults = [
    !unavailable.sweep && (!sweep || Date.now() - Date.parse(sweep.at) > LATE) && t('health.noSweep'),
    error && html`${t('health.noToken')} <code>${error.errcode ?? ''}</code> ${error.address ? t('health.allow', error.address) : error.errmsg || error.what}`,
    !unavailable.templates && !synced && t('health.noTemplates'),
    letters && t('health.letters', number(letters)),
    ...(paused || []).map(({ id, name, reason }) => html`<a href="#/campaigns/${segment(id)}">${name}</a> ${t('health.paused')} ${reasonText(reason)}. ${adviceText(reason)}`),
    ...Object.entries(unavailable).map(([name]) => t('health.unread', known(`health.${name}`) || name)),
  ].filter(Boolean)
  return html`<p class="quiet">${faults.length ? nothing : html`<strong>✓ ${t('health.well')}</strong> · `}minipush ${version}${sweep ? html` · ${t('health.lastSweep')} ${relative(sweep.at)}` : nothing} · ${t('health.lastPush')} ${heard ? relative(heard) : t('never')}</p>
    ${faults.length ? html`<ul class="alert warn">${faults.map((each) => html`<li>⚠ ${each}</li>`)}</ul>` : nothing}`
}
