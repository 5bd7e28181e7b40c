// One user: permits, settings, tags, what happened, and why a campaign did not reach them. Or all who bear a tag.
import { call, query, segment } from './api.js'
import { whyText } from './campaign.js'
import { keeping, tell, typed } from './forms.js'
import { adviceText, button, field, part, reasonText, section, table } from './parts.js'
import { forget } from './typed.js'
import { html, nothing } from './vendor/lit-html.js'
import { instant, known, number, t } from './words.js'

const openidOf = (app) => app.args[0] || ''
const tagOf = (app) => app.query.get('tag') || ''
const path = (app) => `/users/${segment(openidOf(app))}`

export const needs = (app) => (openidOf(app)
  ? { user: path(app), timeline: query(`${path(app)}/timeline`, { limit: 50 }), campaigns: '/campaigns?limit=20', templates: '/templates' }
  : { tags: '/tags', tagged: tagOf(app) && query('/users', { tag: tagOf(app), limit: 50 }) })

export function view(app) {
  const search = (event) => { event.preventDefault(); app.go(`#/users/${segment(new FormData(event.target).get('openid').trim())}`) }
  return html`<h1>${t('title.users')}</h1><form class="line find" @submit=${search}>
      ${field('openid', 'openid', (help) => html`<input id="openid" name="openid" .value=${openidOf(app)} aria-describedby=${help} autocomplete="off" spellcheck="false" required maxlength="64">`, t('openidHelp'))}<button class="main">${t('find')}</button></form>
    ${openidOf(app) ? part(app.parts.user, (user) => one(app, user)) : section(t('tags'), part(app.parts.tags, (tags) => tagList(app, tags)))}`
}

function tagList(app, { items, measured_at: measured }) {
  if (!items.length) return html`<p class="quiet">${t('noTags')}</p>`
  return html`<p class="quiet">${measured ? t('measured', instant(measured)) : t('notMeasured')}</p>
    <ul class="chips">${items.map(({ tag, users }) => html`<li><a class="button" href=${query('#/users', { tag })} aria-current=${tag === tagOf(app) ? 'true' : nothing}><bdi>${tag}</bdi> <span class="quiet">${number(users)}</span></a></li>`)}</ul>
    ${tagOf(app) ? html`<h3>${t('usersWith', tagOf(app))}</h3>${part(app.parts.tagged, (found) => tagged(app, found))}` : nothing}`
}

function tagged(app, { items, next_cursor: first }) {
  const [all, next] = app.local.more ? [[...items, ...app.local.more], app.local.next] : [items, first]
  const more = () => app.act('more', async () => {
    const found = await call('GET', query('/users', { tag: tagOf(app), limit: 50, cursor: next }))
    Object.assign(app.local, { more: [...(app.local.more || []), ...found.items], next: found.next_cursor })
  })
  return html`<ul class="plain">${all.map((each) => each.openid || each).map((openid) => html`<li><a href="#/users/${segment(openid)}"><code>${openid}</code></a></li>`)}</ul>
    ${all.length ? nothing : html`<p class="quiet">${t('nobodyYet')}</p>`}${next ? button(app, 'more', t('more'), more) : nothing}`
}

function one(app, user) {
  return html`<div class="columns"><div>${section(t('permits'), permits(app, user))}${section(t('settings'), settings(app, user))}</div>
    <div>${section(t('whyNot'), whyNot(app))}${section(t('lastMessages'), messages(user))}</div></div>
    ${section(t('userTimeline'), part(app.parts.timeline, (found) => timeline(app, found)))}`
}

function permits(app, { permits: { form, pay, once, long }, next_expiry: expiry }) {
  const title = (id) => app.parts.templates?.value?.items?.find((each) => each.template_id === id)?.title
  const named = (id) => html`${title(id) || ''} <code>${id}</code>`
  const rows = [[t('kind.form'), number(form)], [t('kind.pay'), number(pay)], ...Object.entries(once).map(([id, count]) => [html`${t('kind.once')}: ${named(id)}`, number(count)]), ...long.map((id) => [html`${t('kind.long')}: ${named(id)}`, '∞'])]
  return html`${table(t('permits'), [t('permit'), t('messagesLeft')], rows, [1])}<p class="quiet">${expiry ? t('nextExpiry', instant(expiry)) : t('noExpiry')}</p>`
}

const patch = (app, changes, done = () => {}) => app.act('user', async () => {
  app.local.wrong = null
  try {
    app.parts.user = { value: await call('PATCH', path(app), changes) }
    done()
  } catch (error) { tell(app, error, ['tags']) }
})

const newTag = (app) => `tag:${openidOf(app)}`

function addTag(event, app, tags) {
  event.preventDefault()
  const tag = new FormData(event.target).get('tag').trim()
  if (tag) patch(app, { tags: [...new Set([...tags, tag])] }, () => forget(newTag(app)))
}

function settings(app, { opt_out: optOut, quiet_hours: quiet, tags, last_seen: seen }) {
  const askOptOut = () => app.ask({ title: t(optOut ? 'askOptIn' : 'askOptOut', openidOf(app)), text: t(optOut ? 'willOptIn' : 'willOptOut'), confirm: t(optOut ? 'optIn' : 'optOut'), run: () => patch(app, { opt_out: !optOut }) })
  return html`<dl class="facts"><dt>${t('optedOut')}</dt><dd>${optOut ? t('yes') : t('no')} ${app.can('admin') ? button(app, 'user', t(optOut ? 'optIn' : 'optOut'), askOptOut) : nothing}</dd>
      <dt>${t('quietHours')}</dt><dd>${quiet ? `${quiet.from}–${quiet.to} ${quiet.timezone}` : t('none')}</dd>
      <dt>${t('lastSeen')}</dt><dd>${seen ? instant(seen) : t('unknown')}</dd>
      <dt>${t('tags')}</dt><dd><ul class="chips">${tags.map((tag) => html`<li class="chip"><bdi>${tag}</bdi>${app.can('admin') ? button(app, `tag:${tag}`, '✕', () => patch(app, { tags: tags.filter((each) => each !== tag) }), { name: t('removeTag', tag) }) : nothing}</li>`)}</ul>${tags.length ? nothing : t('none')}</dd></dl>
    ${app.can('admin') ? html`<form class="line find" @submit=${(event) => addTag(event, app, tags)} @input=${keeping(newTag(app))}>${field('tag', t('newTag'), (help, invalid) => html`<input id="tag" name="tag" .value=${typed(newTag(app), 'tag')} maxlength="64" autocomplete="off" aria-describedby=${help} aria-invalid=${invalid}>`, '', app.local.wrong?.tags)}<button>${t('add')}</button></form>` : nothing}`
}

/** "Why did this user not get it?", for one of the newest campaigns. */
function whyNot(app) {
  const ask = (event) => { event.preventDefault(); const id = new FormData(event.target).get('campaign'); app.act('why', async () => { app.local.why = null; app.local.why = await call('GET', `/campaigns/${segment(id)}/recipients/${segment(openidOf(app))}`) }) }
  return part(app.parts.campaigns, ({ items }) => (items.length ? html`<form class="line find" @submit=${ask}>
      ${field('campaign', t('campaign'), () => html`<select id="campaign" name="campaign">${items.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}</select>`)}<button>${t('explain')}</button></form>
    ${app.local.why ? html`<p class="alert" role="status">${whyText(app.local.why)}</p>` : nothing}` : html`<p class="quiet">${t('noCampaigns')}</p>`))
}

const messages = ({ messages: list }) => (list?.length ? html`<ol class="events">${list.map(({ at, campaign_id: id, permit_kind: kind, status }) => html`<li><time datetime=${at}>${instant(at)}</time> ${t(`outcome.${status}`)} · ${t(`kind.${kind}`)} · ${id ? html`<a href="#/campaigns/${segment(id)}">${t('campaign')}</a>` : t('direct')}</li>`)}</ol>` : html`<p class="quiet">${t('noMessages')}</p>`)

function timeline(app, { items, next_cursor: first = null }) {
  if (!items.length) return html`<p class="quiet">${t('noEvents')}</p>`
  const [all, next] = app.local.later ? [[...items, ...app.local.later], app.local.laterNext] : [items, first]
  const more = () => app.act('more', async () => {
    const found = await call('GET', query(`${path(app)}/timeline`, { limit: 50, cursor: next }))
    Object.assign(app.local, { later: [...(app.local.later || []), ...found.items], laterNext: found.next_cursor ?? null })
  })
  return html`<ol class="events">${all.map(({ at, event, reason, errcode, campaign: id, template_id: template, permit_kind: kind, permits: count, by }) => html`<li><time datetime=${at}>${instant(at)}</time> <strong>${known(`happened.${event}`) || event}</strong>${kind ? ` · ${t(`kind.${kind}`)}` : nothing}${count > 1 ? ` × ${number(count)}` : nothing}${template ? html` <code>${template}</code>` : nothing}${reason ? html` · ${known(`detail.${reason}`) || html`${reasonText(reason)} <span class="quiet">${adviceText(reason)}</span>`}` : nothing}${by ? html` · ${known(`by.${by}`) || by}` : nothing}${errcode ? html` <code>${errcode}</code>` : nothing}${id ? html` · <a href="#/campaigns/${segment(id)}">${t('campaign')}</a>` : nothing}</li>`)}</ol>
    ${next ? button(app, 'more', t('more'), more) : nothing}`
}
