// A new campaign, or a change of one that has not started: write, try without sending, then send exactly that.
import { call, Lost, segment } from './api.js'
import { audienceText, card, kindOf, labels, longest, OFFICIAL_SYNC, OFFICIAL_TEMPLATES, warnings } from './card.js'
import * as drafts from './draft.js'
import { button, faultText, field, part, reasonText, section, table } from './parts.js'
import { html, nothing } from './vendor/lit-html.js'
import { dollars, duration, known, number, t, zone, zoned } from './words.js'

const MANY = 10000
const source = (app) => (app.name === 'edit' ? app.args[0] : app.query.get('copy'))

export const needs = (app) => ({
  templates: '/templates', official: app.local.draft?.type === 'official' && OFFICIAL_TEMPLATES, tags: '/tags', source: source(app) && !app.local.filled && `/campaigns/${segment(source(app))}`,
})

export function open(app) {
  app.local.draft = drafts.read()
  // A reload goes on with what was typed; a copy or an edit of another campaign starts from that campaign.
  app.local.filled = !source(app) || app.local.draft.source === source(app)
  if (!source(app) && app.local.draft.edit) app.local.draft = { ...drafts.EMPTY }
}

function fill(app) {
  const campaign = app.parts.source?.value
  if (app.local.filled || !campaign) return
  app.local.filled = true
  app.local.draft = { ...drafts.from(campaign, app.name === 'edit' ? campaign.id : ''), source: source(app) }
  drafts.keep(app.local.draft)
  if (campaign.message.type === 'official') queueMicrotask(app.look)
}

/** The templates of the account from which the message comes. */
const templates = (app) => app.parts[app.local.draft.type === 'official' ? 'official' : 'templates']
const template = (app) => templates(app)?.value?.items.find(({ template_id: id }) => id === app.local.draft.template_id)
const keysOf = (app) => template(app)?.keys || Object.keys(app.local.draft.values)
const request = (app) => drafts[app.local.draft.edit ? 'changes' : 'body'](app.local.draft, keysOf(app))
const target = ({ edit }) => (edit ? ['PATCH', `/campaigns/${segment(edit)}`] : ['POST', '/campaigns'])
/** Whether what stands there is exactly what was tried. */
const isTried = (app) => app.local.tried?.body === JSON.stringify(request(app))

export function view(app) {
  fill(app)
  const title = html`<p class="back"><a href="#/campaigns">‹ ${t('title.campaigns')}</a></p><h1>${t(`title.${app.name}`)}</h1>`
  if (!app.can('send')) return html`${title}<p class="alert">${t('problem.missing-scope')}</p>`
  if (!app.local.filled) return html`${title}${part(app.parts.source, () => nothing)}`
  return html`${title}<form novalidate @submit=${(event) => { event.preventDefault(); tryOut(app) }}><div class="columns"><div>
      ${section(t('message'), message(app))}${section(t('to'), audience(app))}${section(t('whenAndHow'), timing(app))}</div>
      <div class="beside-form">${card(request(app).message, template(app))}${section(t('tryAndSend'), trial(app))}</div></div></form>`
}

// ---- fields

/** What the server said of one place of the last body. */
const wrong = (app, ...pointers) => faultText(app.local.wrong?.find(({ pointer }) => pointers.some((one) => pointer === one || pointer.startsWith(`${one}/`)))?.detail || '')

function set(app, changes) {
  Object.assign(app.local.draft, changes)
  app.local.wrong = null
  drafts.keep(app.local.draft)
  app.draw()
}

function input(app, name, label, { help = '', pointers = [], type = 'text', ...more } = {}) {
  const { draft } = app.local
  return field(name, label, (described, invalid) => html`<input id=${name} type=${type} .value=${draft[name]} aria-describedby=${described} aria-invalid=${invalid} autocomplete="off" maxlength=${more.longest || nothing} min=${more.min || nothing} max=${more.max || nothing} list=${more.list || nothing} inputmode=${more.mode || nothing} @input=${(event) => set(app, { [name]: event.target.value })}>`, help, wrong(app, ...pointers))
}

/** The choices that are no template of the mini-program, and what they make the message. */
const OTHER_TYPES = { official: 'official', classic: 'template' }

function message(app) {
  const { draft } = app.local
  const choice = Object.keys(OTHER_TYPES).find((each) => OTHER_TYPES[each] === draft.type) || draft.template_id
  const choose = (value) => {
    set(app, Object.hasOwn(OTHER_TYPES, value) ? { type: OTHER_TYPES[value], template_id: '' } : { type: 'subscribe', template_id: value })
    if (value === 'official') app.look()
  }
  const others = Object.keys(OTHER_TYPES).map((each) => html`<option value=${each} ?selected=${choice === each}>${t(`other.${each}`)}</option>`)
  return html`${input(app, 'name', t('campaignName'), { longest: 200, pointers: ['/name'], help: t('nameHelp') })}
    ${app.parts.templates?.problem ? part(app.parts.templates) : nothing}
    ${chosen('template', app.parts.templates, choice, choose, others, t('syncFirst'), draft.type === 'subscribe' ? wrong(app, '/message/template_id') : '')}
    ${draft.type === 'official' ? official(app) : nothing}${draft.type === 'template' ? classic(app) : (template(app) ? labels(template(app)) : keysOf(app).map((key) => ({ key, label: key }))).map((each) => value(app, each))}
    ${draft.type === 'official' ? input(app, 'page', t('page'), { longest: 1024, pointers: ['/message/miniprogram/page'], help: t('pageHelp') }) : input(app, 'page', t('page'), { longest: 1024, pointers: ['/message/page'], help: t('pageHelp') })}
    ${draft.type === 'official' ? html`<details ?open=${Boolean(draft.appid || draft.url)}><summary>${t('otherLinks')}</summary>${input(app, 'appid', t('linkAppid'), { longest: 64, pointers: ['/message/miniprogram/appid'], help: t('linkAppidHelp') })}${input(app, 'url', t('linkUrl'), { longest: 1024, pointers: ['/message/url'], help: t('linkUrlHelp') })}</details>`
    : html`<details ?open=${Boolean(draft.state)}><summary>${t('version')}</summary>${field('state', t('version'), (described) => html`<select id="state" aria-describedby=${described} @change=${(event) => set(app, { state: event.target.value })}>${['', 'formal', 'trial', 'developer'].map((each) => html`<option value=${each} ?selected=${each === draft.state}>${t(`versions.${each || 'none'}`)}</option>`)}</select>`)}</details>`}`
}

/** A list of one account's templates. A chosen one that isn't there any more keeps its place. */
function chosen(id, loaded, choice, choose, others, empty, said) {
  const items = loaded?.value?.items || []
  const isListed = choice === '' || Object.hasOwn(OTHER_TYPES, choice) || items.some((each) => each.template_id === choice)
  return field(id, t(id), (described) => html`<select id=${id} aria-describedby=${described} @change=${(event) => choose(event.target.value)}>
      <option value="" ?selected=${choice === ''}>${t('choose')}</option>${items.map(({ template_id: each, title, type }) => html`<option value=${each} ?selected=${choice === each}>${title} (${t(`kind.${type}`)}) ${each}</option>`)}
      ${isListed ? nothing : html`<option value=${choice} selected>${choice}</option>`}${others}</select>`, items.length ? '' : empty, said)
}

const classic = (app) => html`<p class="alert warn">⚠ ${t('warning.retired_interface')}</p>${input(app, 'template_id', t('templateId'), { pointers: ['/message/template_id'] })}
  ${field('keywords', t('keywords'), (described) => html`<textarea id="keywords" rows="4" .value=${app.local.draft.keywords} aria-describedby=${described} @input=${(event) => set(app, { keywords: event.target.value })}></textarea>`, t('keywordsHelp'), wrong(app, '/message/keywords'))}`

function official(app) {
  if (app.parts.official?.problem?.kind === 'official-account-off') return html`<p class="alert warn">⚠ ${t('noOfficial')}</p>`
  return html`<p class="quiet">${t('toFollowers')}</p>${part(app.parts.official, ({ synced_at: at }) => html`
    ${chosen('officialTemplate', app.parts.official, app.local.draft.template_id, (id) => set(app, { template_id: id }), nothing, t(at ? 'noTemplates' : 'neverSynced'), wrong(app, '/message/template_id'))}
    ${app.can('admin') ? html`<p class="acts">${button(app, 'sync', t('sync'), () => sync(app))}</p>` : nothing}`)}`
}

const sync = (app) => app.act('sync', async () => { app.parts.official = { value: await call('POST', OFFICIAL_SYNC) } })

/** One field of the template, with its rule and how many characters are left. */
function value(app, { key, label }) {
  const said = app.local.draft.values[key] || ''
  const most = longest(key, said)
  const change = (event) => set(app, { values: { ...app.local.draft.values, [key]: event.target.value } })
  const allowed = template(app)?.enums?.[key]
  const refused = wrong(app, `/message/data/${key}`)
  const isLong = most && said.length > most
  return field(`v-${key}`, html`${label} <code>${key}</code>`, (described, invalid) => (allowed
    ? html`<select id="v-${key}" aria-describedby=${described} @change=${change}>${['', ...allowed].map((each) => html`<option value=${each} ?selected=${each === said}>${each || t('choose')}</option>`)}</select>`
    : html`<input id="v-${key}" .value=${said} aria-describedby=${described} aria-invalid=${isLong ? 'true' : invalid} autocomplete="off" @input=${change}>`),
  html`${known(`rule.${kindOf(key)}`)} ${most && !allowed ? html`<span class="counter">${isLong ? html`<strong class="bad">${t('tooLong', said.length - most)}</strong>` : `${said.length}/${most}`}</span>` : nothing}`, refused && `${t('refusedValue')} ${refused}`)
}

function audience(app) {
  const { draft } = app.local
  const choice = (who) => html`<label class="choice"><input type="radio" name="who" value=${who} .checked=${draft.who === who} @change=${() => set(app, { who })}> ${t(`who.${who}`)}</label>`
  const tags = app.parts.tags?.value?.items || []
  const bearers = tags.find(({ tag }) => tag === draft.tag.trim())
  return html`<fieldset><legend class="quiet">${t('whoHelp')}</legend>${['all', 'tag', 'expiring', 'openids'].map(choice)}</fieldset>
    ${draft.who === 'tag' ? html`${input(app, 'tag', t('tag'), { list: 'tags', longest: 64, pointers: ['/audience/tag', '/audience'], help: bearers ? t('bearers', number(bearers.users)) : '' })}<datalist id="tags">${tags.map(({ tag, users }) => html`<option value=${tag}>${t('bearers', number(users))}</option>`)}</datalist>` : nothing}
    ${draft.who === 'expiring' ? input(app, 'hours', t('withinHours'), { type: 'number', min: 1, max: 168, pointers: ['/audience/within_hours', '/audience'] }) : nothing}
    ${draft.who === 'openids' ? field('openids', t('openids'), (described) => html`<textarea id="openids" rows="5" spellcheck="false" .value=${draft.openids} aria-describedby=${described} @input=${(event) => set(app, { openids: event.target.value })}></textarea>`, t('openidsHelp', number(drafts.openidsOf(draft).length)), wrong(app, '/audience')) : nothing}`
}

function timing(app) {
  const { draft } = app.local
  const at = draft.at && new Date(draft.at)
  const choose = (later) => html`<label class="choice"><input type="radio" name="later" .checked=${draft.later === later} @change=${() => set(app, { later })}> ${t(later ? 'later' : 'atOnce')}</label>`
  return html`<fieldset><legend class="quiet">${t('plannedFor')}</legend>${choose(false)}${choose(true)}</fieldset>
    ${draft.later ? input(app, 'at', t('yourTime', zone), { type: 'datetime-local', pointers: ['/schedule'], help: at ? `${zoned(at)}${at < Date.now() ? ` – ${t('isPast')}` : ''}` : t('pickTime') }) : nothing}
    <div class="pair">${input(app, 'rate', t('maxRate'), { type: 'number', min: 1, max: 100000, pointers: ['/max_per_second'], help: t('rateHelp') })}</div>
    <div class="pair">${input(app, 'cap', t('capMessages'), { type: 'number', min: 1, max: 100, pointers: ['/frequency_cap'], help: t('capHelp') })}${input(app, 'capHours', t('capHours'), { type: 'number', min: 1, max: 168 })}</div>
    <details ?open=${Boolean(draft.checker)}><summary>${t('textCheck')}</summary>${input(app, 'checker', t('checker'), { longest: 64, pointers: ['/text_check'], help: t('checkerHelp') })}
      <label class="choice"><input type="checkbox" .checked=${draft.reviewed} @change=${(event) => set(app, { reviewed: event.target.checked })}> ${t('reviewed')}</label></details>`
}

// ---- try, then send

function trial(app) {
  const { tried } = app.local
  const isSame = isTried(app)
  return html`<p class="acts"><button data-key="try" aria-disabled=${app.busy.has('try') ? 'true' : nothing}>${t('dryRun')}</button></p>
    <div role="status">${app.local.wrong ? html`<ul class="bad">${app.local.wrong.map(({ pointer, detail }) => html`<li><code>${pointer}</code> ${faultText(detail)}</li>`)}</ul>` : nothing}
      ${tried ? html`<div class=${isSame ? '' : 'stale'}>${isSame ? nothing : html`<p class="alert warn">⚠ ${t('changedSince')}</p>`}${result(tried.result)}</div>` : html`<p class="quiet">${t('dryRunFirst')}</p>`}</div>
    <p class="acts">${button(app, 'send', t(app.name === 'edit' ? 'saveEdit' : app.local.draft.later ? 'schedule' : 'sendNow'), () => confirm(app), { kind: 'main', off: !isSame })}
      ${button(app, 'clear', t('clear'), () => app.ask({ title: t('askClear'), text: t('willClear'), confirm: t('clear'), danger: true, run: () => { drafts.forget(); app.go('#/new'); Object.assign(app.local, { draft: { ...drafts.EMPTY }, tried: null, wrong: null }); app.draw() } }))}</p>
    ${app.local.draft.key && !app.busy.has('send') ? html`<p class="alert warn">⚠ ${t('maybeSent')}</p>` : nothing}`
}

function result({ recipients, permits, left_out: left = {}, seconds, cost_usd: cost, estimated, reachable_now: now, permits_gone: gone, followers, unmapped, quota, warnings: warned }) {
  const rows = [[t('wouldGet'), html`<strong>${estimated ? '≈ ' : ''}${number(recipients)}</strong>`], ...(followers == null ? [] : [[t('followers'), number(followers)], [t('unmapped'), number(unmapped)]]), ...(quota ? [[t('quotaLeft'), t('leftOf', number(quota.remain), number(quota.daily_limit))]] : []), ...Object.entries(left).map(([reason, count]) => [`${t('leftOut')}: ${reasonText(reason)}`, number(count)]), [t('theirPermits'), number(permits)],
    ...(gone ? [[t('permitsGone'), number(gone)]] : []), ...(now !== recipients && now != null ? [[t('reachableNow'), number(now)]] : []), [t('takes'), duration(seconds)], [t('costs'), dollars(cost)]]
  return html`${warnings(warned)}${recipients ? nothing : html`<p class="alert warn">⚠ ${t('nobody')}</p>`}${table(t('dryRun'), [t('figure'), t('value')], rows, [1])}`
}

const tryOut = (app) => app.act('try', async () => {
  const asked = request(app)
  Object.assign(app.local, { tried: null, wrong: null })
  try {
    app.local.tried = { body: JSON.stringify(asked), result: await call(...target(app.local.draft), { ...asked, dry_run: true }) }
  } catch (error) {
    if (!error.errors?.length) throw error
    app.local.wrong = error.errors
  }
})

function confirm(app) {
  const { tried: { result: { recipients, estimated } }, draft } = app.local
  const typed = (text) => text.replace(/\D/g, '') === String(recipients)
  app.ask({
    title: t(draft.edit ? 'askEdit' : 'askSend', draft.name.trim()),
    text: t('willSend', audienceText(request(app).audience), `${estimated ? '≈ ' : ''}${number(recipients)}`, draft.later ? zoned(draft.at) : t('atOnce')),
    confirm: t(draft.edit ? 'saveEdit' : draft.later ? 'schedule' : 'sendNow'),
    input: recipients > MANY ? { label: t('typeNumber', number(recipients)), isRight: typed } : null,
    run: () => send(app),
  })
}

/** The same body has the same Idempotency-Key until it is answered: a repeat after a lost answer makes no second campaign. */
const send = (app) => app.act('send', async () => {
  if (!isTried(app)) return
  const { draft, tried } = app.local
  if (draft.sent !== tried.body) Object.assign(draft, { key: crypto.randomUUID(), sent: tried.body })
  drafts.keep(draft)
  try {
    const made = await call(...target(draft), request(app), { 'Idempotency-Key': draft.key })
    drafts.forget()
    app.go(`#/campaigns/${segment(made.id)}`)
  } catch (error) {
    // Refused before anything was done: the key is free again.
    if (!(error instanceof Lost)) { delete draft.key; delete draft.sent; drafts.keep(draft) }
    if (!error.errors?.length) throw error
    app.local.wrong = error.errors
  }
})
