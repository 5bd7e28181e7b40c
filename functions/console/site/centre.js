// The message centre: the ways to remind users, what waits for a decision, and the apps.
import { call, query, segment } from './api.js'
import { one } from './centre_app.js'
import { register } from './centre_registration.js'
import { leaveOut, longer } from './longer.js'
import { button, field, part, section, table } from './parts.js'
import { forget, keep, kept } from './typed.js'
import { html, nothing } from './vendor/lit-html.js'
import { instant, known, number, t } from './words.js'

const LIMIT = 20
/** What an upheld complaint costs the app, as the server counts. */
const POINTS = { annoying: 1, advert: 2, misleading: 3, impersonation: 6, fraud: 12, illegal: 12 }
const appidOf = (app) => app.args[0] || ''

export function needs(app) {
  if (appidOf(app)) {
    const path = `/centre/apps/${segment(appidOf(app))}`
    return { one: path, record: app.can('moderate') && query(`${path}/record`, { limit: 50 }) }
  }
  const open = (subject) => app.can('moderate') && query(`/centre/${subject}`, { status: 'open', limit: LIMIT })
  return { channels: '/centre/channels', complaints: open('complaints'), appeals: open('appeals'), apps: '/centre/apps?limit=100' }
}

export function view(app) {
  if (appidOf(app)) return one(app, appidOf(app))
  if (app.parts.apps?.problem?.status === 404) return html`<h1>${t('title.centre')}</h1><p class="empty">${t('centreOff')}</p>`
  return html`<div class="line"><h1>${t('title.centre')}</h1></div>
    ${app.can('moderate') ? html`${section(t('complaints'), list(app, 'complaints', (items) => complaints(app, items)))}${section(t('appeals'), list(app, 'appeals', (items) => appeals(app, items)))}` : nothing}
    ${section(t('channels'), part(app.parts.channels, ({ items }) => channels(app, items)))}
    ${section(t('apps'), html`${find(app)}${list(app, 'apps', (items, next) => apps(app, items, next))}${app.can('admin') ? register(app) : nothing}`)}`
}

// ---- what waits for a decision

const list = (app, name, view) => part(app.parts[name], (found) => longer(app, name, found, view))

function complaints(app, items) {
  if (!items.length) return html`<p class="quiet">${t('noComplaints')}</p>`
  return html`<ul class="campaigns">${items.map((each) => complaint(app, each))}</ul>`
}

/**
 * The next complaint takes over the elements of one that was decided. So the choice is a property, which also moves a
 * select that somebody has touched, and what is shown is what is sent.
 */
function complaint(app, { id, appid, category, text, at, message }) {
  const chosen = kept(`as:${id}`) || category
  const choose = (event) => { keep(`as:${id}`, event.target.value); app.draw() }
  return html`<li class="campaign"><div class="line"><h3><a href="#/centre/${segment(appid)}">${appid}</a></h3><time datetime=${at}>${instant(at)}</time></div>
    ${says(message)}
    <p class="quiet">${t('userSays')} ${t(`category.${category}`)}${text ? html` · ${text}` : nothing}</p>
    <div class="acts"><label class="beside" for=${`category-${id}`}>${t('countsAs')}</label>
      <select id=${`category-${id}`} @change=${choose}>${Object.entries(t('category')).map(([each, name]) => html`<option value=${each} .selected=${each === chosen}>${name}</option>`)}</select>
      ${verdicts(app, 'complaints', id, appid, chosen)}</div></li>`
}

/** All that the user saw: what was complained about may be in any of it. */
const TEXTS = ['body', 'markdown', 'url', 'page', 'copy']
const says = (message) => html`<p><strong>${message.title}</strong></p>
    <dl class="facts">${TEXTS.filter((name) => message[name]).map((name) => html`<dt>${t(`says.${name}`)}</dt><dd>${message[name].split('\n').map((line, row) => html`${row ? html`<br>` : nothing}${line}`)}</dd>`)}</dl>`

function appeals(app, items) {
  if (!items.length) return html`<p class="quiet">${t('noAppeals')}</p>`
  return html`<ul class="campaigns">${items.map((each) => appeal(app, each))}</ul>`
}

function appeal(app, { id, text, at, sanction }) {
  const isOwn = app.operator?.name === sanction.by
  return html`<li class="campaign"><div class="line"><h3><a href="#/centre/${segment(sanction.appid)}">${sanction.appid}</a></h3><time datetime=${at}>${instant(at)}</time></div>
    <p>${text}</p>
    <p class="quiet">${t('against')} ${t(`sanction.${sanction.kind}`)} <code>${sanction.rule}</code> – ${sanction.by}: ${sanction.note}</p>
    ${isOwn ? html`<p class="quiet">${t('ownDecision')}</p>` : html`<div class="acts">${verdicts(app, 'appeals', id, sanction.appid)}</div>`}</li>`
}

/** A decision needs a reason, which stays in the app's record, and cannot be changed. */
function verdicts(app, subject, id, appid, category) {
  const will = (verdict) => `${category && verdict === 'upheld' ? t('willCount', t(`category.${category}`), t('points', POINTS[category])) : ''} ${t(`willVerdict.${subject}.${verdict}`)}`
  return ['upheld', 'rejected'].map((verdict) => button(app, `${verdict}:${id}`, t(`verdict.${verdict}`), () => app.ask({
    title: t(`askVerdict.${subject}.${verdict}`, appid), text: will(verdict), confirm: t(`verdict.${verdict}`), danger: verdict === 'upheld' && subject === 'complaints',
    input: { label: t('note'), key: `${verdict}:${id}`, isRight: (note) => note.trim() !== '' },
    run: (note) => app.act(`${verdict}:${id}`, () => decide(app, subject, id, { verdict, note: note.trim(), ...(verdict === 'upheld' && category ? { category } : {}) })),
  }), { name: `${t(`verdict.${verdict}`)}: ${appid}` }))
}

/** The rest of the list stays where it is. */
async function decide(app, subject, id, decision) {
  try {
    await call('POST', `/centre/${subject}/${segment(id)}/decision`, decision)
    settled(app, subject, id)
  } catch (error) {
    if (error.kind === 'already-decided') settled(app, subject, id)
    throw error
  } finally { app.look() }
}

function settled(app, subject, id) {
  leaveOut(app, subject, id)
  forget(`as:${id}`)
}

// ---- channels

function channels(app, items) {
  const head = [t('channel'), t('breaker'), t('lastMinute'), t('queued'), t('deadLetters'), ...(app.can('admin') ? [t('actions')] : [])]
  return table(t('channels'), head, items.map((each) => channel(app, each)), [3, 4])
}

function channel(app, { kind, breaker, paused, open_hosts: hosts, last_minute: { tries, unavailable }, queued, delayed, dead_letters: dead, last_refusal: refusal }) {
  const state = paused ? t('paused') : breaker === 'open' ? html`<strong class="bad">${t('breakerOpen')}</strong> <code>${hosts.join(' ')}</code>` : t('breakerClosed')
  const step = (name) => () => app.act(`${name}:${kind}`, async () => {
    try { await call('POST', `/centre/channels/${kind}/${name}`) } finally { app.look() }
  })
  const acts = html`<span class="acts">${button(app, `pause:${kind}`, t(paused ? 'step.resume' : 'step.pause'), step(paused ? 'resume' : 'pause'), { name: `${t(paused ? 'step.resume' : 'step.pause')}: ${t(`channelIs.${kind}`)}` })}
    ${dead ? button(app, `redrive:${kind}`, t('redrive'), step('redrive'), { name: `${t('redrive')}: ${t(`channelIs.${kind}`)}` }) : nothing}</span>`
  const refused = refusal ? html`<br><span class="quiet">${t('lastRefusal')} ${instant(refusal.at)}: <code>${refusal.detail}</code></span>` : nothing
  return [t(`channelIs.${kind}`), html`${state}${refused}`, t('triesOf', number(tries), number(unavailable)), number(queued + delayed), number(dead), ...(app.can('admin') ? [acts] : [])]
}

// ---- apps

/** By its AppID: the list has them in the order of their AppIDs, and may be long. */
function find(app) {
  const open = (event) => { event.preventDefault(); app.go(`#/centre/${segment(new FormData(event.target).get('find').trim())}`) }
  return html`<form class="line find" @submit=${open}>${field('find', t('findApp'), (help) => html`<input id="find" aria-describedby=${help} name="find" required maxlength="64" pattern="[\\w\\-]+" autocomplete="off" spellcheck="false">`, t('findHelp'))}<button>${t('open')}</button></form>`
}

/** The API finds no app by its name: what is loaded is filtered, and the field says so. */
function apps(app, items, next) {
  if (!items.length) return html`<p class="quiet">${t('noApps')}</p>`
  const { named = '' } = app.local
  const show = (event) => { app.local.named = event.target.value; app.draw() }
  const shown = items.filter(({ name }) => name.toLowerCase().includes(named.trim().toLowerCase()))
  const rows = shown.map(({ appid, name, status, registered_at: at }) => [html`<a href="#/centre/${segment(appid)}">${name}</a> <code>${appid}</code>`, known(`appStatus.${status}`) || status, instant(at)])
  return html`<div class="find">${field('named', t('named'), (help) => html`<input id="named" type="search" .value=${named} aria-describedby=${help} autocomplete="off" spellcheck="false" @input=${show}>`, t(next ? 'namedOfLoaded' : 'namedOfAll', number(items.length)))}</div>
    ${rows.length ? table(t('apps'), [t('app'), t('appStatusIs'), t('registeredAt')], rows) : html`<p class="quiet" role="status">${t('noneNamed')}</p>`}`
}
