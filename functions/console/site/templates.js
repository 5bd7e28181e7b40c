// The account's templates, how many users each reaches, and how many accepts of each the operator wants to hold.
import { call } from './api.js'
import { button, field, part, section } from './parts.js'
import { labels } from './card.js'
import { keeping, typed } from './forms.js'
import { forget } from './typed.js'
import { html, nothing } from './vendor/lit-html.js'
import { instant, number, t } from './words.js'

/** What is typed is kept under this name. */
const FORM = 'targets'

export const needs = () => ({ templates: '/templates', pool: '/pool', targets: '/templates/stock' })

export function view(app) {
  return html`<div class="line"><h1>${t('title.templates')}</h1>${app.can('admin') ? button(app, 'sync', t('sync'), () => sync(app)) : nothing}</div>
    ${part(app.parts.templates, (found) => html`<p class="quiet">${found.synced_at ? t('synced', instant(found.synced_at)) : t('neverSynced')}</p>
      ${found.items.length ? html`<form @submit=${(event) => save(event, app, found.items)} @input=${keeping(FORM)}>${found.items.map((each) => one(app, each))}${found.next_cursor ? html`<p class="quiet">${t('first100')}</p>` : nothing}${plan(app)}</form>` : html`<p class="empty">${t(found.synced_at ? 'noTemplates' : 'syncFirst')}</p>`}`)}`
}

const sync = (app) => app.act('sync', async () => {
  app.parts.templates = { value: await call('POST', '/templates/sync') }
  app.notice = t('syncedNow', app.parts.templates.value.items.length)
})

const targetsOf = (app) => app.parts.targets?.value?.templates || []

function one(app, { template_id: id, title, type, keys, content, example }) {
  const reach = app.parts.pool?.value?.templates?.find((each) => each.template_id === id)
  const wanted = targetsOf(app).find((each) => each.template_id === id)?.wanted || ''
  return section(title.trim() || id, html`<p class="line"><span class="state">${t(`kind.${type}`)}</span> <code>${id}</code></p>
    <div class="line start"><dl class="counts"><div><dt>${t('reachable')}</dt><dd>${reach ? number(reach.reachable_now) : '–'}</dd></div><div><dt>${t('acceptsHeld')}</dt><dd>${reach ? number(reach.permits) : '–'}</dd></div></dl>
      ${field(`wanted-${id}`, t('wanted'), (help) => html`<input id="wanted-${id}" name=${id} type="number" min="0" max="100" .defaultValue=${wanted} .value=${typed(FORM, id, wanted)} ?disabled=${!app.can('admin') || !app.parts.targets?.value} aria-describedby=${help}>`)}</div>
    <details><summary>${t('fields', keys.length)}</summary><dl class="facts">${labels({ content, keys }).map(({ key, label }) => html`<dt>${label}</dt><dd><code>${key}</code></dd>`)}</dl>${example ? html`<pre>${example}</pre>` : nothing}</details>`)
}

function plan(app) {
  return part(app.parts.targets, ({ pause_hours: hours }) => html`<section class="line">${field('pause', t('pauseHours'), (help) => html`<input id="pause" name="pause_hours" type="number" min="1" max="720" required .defaultValue=${hours} .value=${typed(FORM, 'pause_hours', hours)} ?disabled=${!app.can('admin')} aria-describedby=${help}>`, t('wantedHelp'))}
    ${app.can('admin') ? html`<button class="main" aria-disabled=${app.busy.has('targets') ? 'true' : nothing}>${t('saveTargets')}</button>` : nothing}</section>`)
}

/** The order of the targets is their priority: what is there keeps its place, new ones come last. */
function save(event, app, items) {
  event.preventDefault()
  const given = new FormData(event.target)
  const shown = new Set(items.map((each) => each.template_id))
  const kept = targetsOf(app).filter((each) => !shown.has(each.template_id) || Number(given.get(each.template_id)))
  const before = new Set(kept.map((each) => each.template_id))
  const added = items.filter((each) => !before.has(each.template_id) && Number(given.get(each.template_id)))
  const templates = [...kept.map(({ template_id: id, wanted, long_term: long }) => (shown.has(id) ? { template_id: id, wanted: Number(given.get(id)) } : { template_id: id, wanted, long_term: long })), ...added.map(({ template_id: id }) => ({ template_id: id, wanted: Number(given.get(id)) }))]
  return app.act('targets', async () => {
    app.parts.targets = { value: await call('PUT', '/templates/stock', { templates, pause_hours: Number(given.get('pause_hours')) }) }
    forget(FORM)
    app.notice = t('saved')
  })
}
