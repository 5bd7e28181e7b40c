// One app of the message centre: what is registered, what was decided about it, and a sanction by hand.
import { call, Lost, segment } from './api.js'
import { edit, renew } from './centre_registration.js'
import { keeping, tell, typed } from './forms.js'
import { longer } from './longer.js'
import { button, field, part, section } from './parts.js'
import { forget } from './typed.js'
import { html, nothing } from './vendor/lit-html.js'
import { instant, known, number, t } from './words.js'

const KINDS = ['notice', 'strong_off', 'ban']
/** '' is for good. A notice has an end: it lasts as long as points count, at most. */
const daysOf = (kind) => ['1', '7', '30', kind === 'notice' ? '180' : '']

export function one(app, appid) {
  return html`<p class="back"><a href="#/centre">‹ ${t('title.centre')}</a></p><h1>${app.parts.one?.value?.name || appid}</h1>
    <div class="columns"><div>${section(t('registration'), part(app.parts.one, (registered) => html`${facts(app, registered)}${app.can('admin') ? html`${edit(app, registered)}${renew(app, registered.appid)}` : nothing}`))}</div>
    ${app.can('moderate') ? html`<div>${section(t('addSanction'), form(app, appid))}</div>` : nothing}</div>
    ${app.can('moderate') ? section(t('record'), part(app.parts.record, (found) => longer(app, 'record', found, record))) : nothing}`
}

/** All sanctions in force are here, however long the record is: they are lifted here. */
function facts(app, { appid, status, summary, icon_url: icon, contact, owner_openid: owner, registered_at: at, limits, points = [], sanctions = [] }) {
  const inForce = sanctions.filter(({ until }) => !isOver(until))
  return html`<dl class="facts"><dt>AppID</dt><dd><code>${appid}</code></dd><dt>${t('appStatusIs')}</dt><dd>${known(`appStatus.${status}`) || status}</dd>
    <dt>${t('livePoints')}</dt><dd>${points.length ? t('pointsUntil', number(points.reduce((sum, each) => sum + each.points, 0)), instant(points[0].expires_at)) : 0}</dd>
    ${inForce.length ? html`<dt>${t('inForce')}</dt><dd><ul class="plain">${inForce.map(({ id, kind, until, rule }) => html`<li>${t(`sanction.${kind}`)}: ${until ? t('until', instant(until)) : t('forGood')} <code>${rule}</code> ${app.can('moderate') ? lift(app, id, kind) : nothing}</li>`)}</ul></dd>` : nothing}
    <dt>${t('registered.summary')}</dt><dd>${summary || '–'}</dd><dt>${t('registered.icon_url')}</dt><dd>${icon ? html`<code>${icon}</code>` : '–'}</dd><dt>${t('registered.contact')}</dt><dd>${contact || '–'}</dd>
    <dt>${t('limits')}</dt><dd><ul class="plain">${Object.entries(limits).map(([name, most]) => html`<li>${known(`limit.${name}`) || name}: ${number(most)}</li>`)}</ul></dd>
    <dt>${t('registered.owner_openid')}</dt><dd>${owner ? html`<code>${owner}</code>` : '–'}</dd><dt>${t('registeredAt')}</dt><dd>${instant(at)}</dd></dl>`
}

/** What is typed of a sanction is kept under this name. */
const formOf = (appid) => `sanction:${appid}`

function form(app, appid) {
  const value = (field, usual) => typed(formOf(appid), field, usual)
  const days = daysOf(value('kind', KINDS[0]))
  const wrong = app.local.wrong || {}
  return html`<form @submit=${(event) => sanction(event, app, appid)} @input=${keeping(formOf(appid))}>
    <div class="pair">${field('kind', t('sanctionKind'), (help) => html`<select id="kind" name="kind" aria-describedby=${help} @change=${app.draw}>${KINDS.map((each) => html`<option value=${each} .selected=${each === value('kind', KINDS[0])}>${t(`sanction.${each}`)}</option>`)}</select>`)}
      ${field('days', t('lasts'), (help) => html`<select id="days" name="days" aria-describedby=${help}>${days.map((each) => html`<option value=${each} .selected=${each === value('days', days[0])}>${each ? t('days', Number(each)) : t('forGood')}</option>`)}</select>`)}</div>
    ${field('rule', t('ruleName'), (help, invalid) => html`<input id="rule" name="rule" .value=${value('rule')} required maxlength="64" pattern=".*\\S.*" autocomplete="off" aria-describedby=${help} aria-invalid=${invalid}>`, t('ruleHelp'), wrong.rule)}
    ${field('note', t('note'), (help, invalid) => html`<input id="note" name="note" .value=${value('note')} required maxlength="200" pattern=".*\\S.*" autocomplete="off" aria-describedby=${help} aria-invalid=${invalid}>`, '', wrong.note)}
    <button class="danger" data-key="sanction" aria-disabled=${app.busy.has('sanction') ? 'true' : nothing}>${t('addSanction')}</button></form>`
}

function sanction(event, app, appid) {
  event.preventDefault()
  const { kind, days, rule, note } = Object.fromEntries(new FormData(event.target))
  const until = days ? new Date(Date.now() + days * 86400000).toISOString() : undefined
  app.ask({
    title: t('askSanction', t(`sanction.${kind}`), appid), text: until ? instant(until) : t('forGood'), confirm: t('addSanction'), danger: true,
    run: () => app.act('sanction', async () => {
      try {
        await call('POST', `/centre/apps/${segment(appid)}/sanctions`, { kind, until, rule: rule.trim(), note: note.trim() })
        app.local.wrong = null
        forget(formOf(appid))
      } catch (error) {
        // A repeat would be a second sanction.
        if (error instanceof Lost) throw new Lost('lostSanction')
        tell(app, error, ['rule', 'note'])
      } finally { app.look() }
    }),
  })
}

/** Lines are added, never changed. As a list, it needs no width. */
function record(items) {
  if (!items.length) return html`<p class="quiet">${t('noRecord')}</p>`
  return html`<ol class="events" aria-label=${t('record')}>${items.map(({ at, by, act, kind, until, points, rule, note }) => html`<li><time datetime=${at}>${instant(at)}</time> <strong>${known(`act.${act}`) || act}</strong> · ${by}${kind ? ` · ${t(`sanction.${kind}`)}` : nothing}${until ? ` ${t('until', instant(until))}` : nothing}${points == null ? nothing : ` · ${t('points', number(points))}`}${rule ? html` · <code>${rule}</code>` : nothing}${note ? html` · ${note}` : nothing}</li>`)}</ol>`
}

/** Without an end, it is for good. */
const isOver = (until) => Boolean(until) && Date.parse(until) < Date.now()

const lift = (app, id, kind) => button(app, `lift:${id}`, t('lift'), () => app.ask({
  title: t('askLift', t(`sanction.${kind}`)), text: t('willLift'), confirm: t('lift'), input: { label: t('note'), key: `lift:${id}`, isRight: (note) => note.trim() !== '' },
  run: (note) => app.act(`lift:${id}`, async () => {
    await call('POST', `/centre/sanctions/${segment(id)}/lift`, { note: note.trim() })
    app.look()
  }),
}), { name: `${t('lift')}: ${t(`sanction.${kind}`)}` })
