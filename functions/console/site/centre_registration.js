// Registering an app and changing what is registered, and an app's secret, which is shown once.
import { call, Lost, segment } from './api.js'
import { edited, isOpen, keeping, tell, typed } from './forms.js'
import { button, field } from './parts.js'
import { forget } from './typed.js'
import { html, nothing } from './vendor/lit-html.js'
import { t } from './words.js'

// The API's limits, in characters.
const FIELDS = { name: { longest: 64, required: true }, summary: { longest: 200 }, icon_url: { longest: 1024, type: 'url' }, contact: { longest: 200 }, owner_openid: { longest: 64, mono: true } }
const LIMITS = { per_second: [1, 100], to_user_per_hour: [1, 1000], to_user_per_day: [1, 1000], broadcasts_per_day: [0, 100] }
const APPID = { longest: 40, required: true, mono: true }
const NAMES = ['appid', ...Object.keys(FIELDS), ...Object.keys(LIMITS)]

/** What is typed is kept under these names. */
const NEW = 'register'
const changeOf = (appid) => `change:${appid}`

/** For `busy`: the button that registers is followed by the one that copies, which takes over its focus. */
const KEY = 'secret'

export function register(app) {
  if (app.local.secret) return secret(app)
  return html`<details ?open=${isOpen(app, NEW)}><summary>${t('register')}</summary><p class="quiet">${t('willRegister')}</p>
    <form @submit=${(event) => add(event, app)} @input=${keeping(NEW)}>${Object.entries({ appid: APPID, ...FIELDS }).map(([name, rules]) => input(app, NEW, name, '', rules))}
      <button class="main" data-key=${KEY} aria-disabled=${app.busy.has(KEY) ? 'true' : nothing}>${t('register')}</button></form></details>`
}

export function edit(app, registered) {
  const form = changeOf(registered.appid)
  return html`<details ?open=${isOpen(app, form)}><summary>${t('change')}</summary>
    <form @submit=${(event) => change(event, app, registered)} @input=${keeping(form)}>${Object.entries(FIELDS).map(([name, rules]) => input(app, form, name, registered[name] || '', rules))}
      ${Object.keys(LIMITS).map((name) => limit(app, form, name, registered.limits[name]))}
      <button data-key="change" aria-disabled=${app.busy.has('change') ? 'true' : nothing}>${t('saveChange')}</button></form></details>`
}

/** For an app that has lost its secrets. Of three, the oldest ends. */
export function renew(app, appid) {
  if (app.local.secret) return secret(app)
  return html`<p class="acts">${button(app, KEY, t('renew'), () => app.ask({
    title: t('askRenew', appid), text: t('willRenew'), confirm: t('renew'),
    run: () => { const { local } = app; app.act(KEY, async () => { local.secret = { appid, ...(await surely(call('POST', `/centre/apps/${segment(appid)}/secret`), 'lostSecret')) } }) },
  }))}</p>`
}

function input(app, form, name, value, { longest, required = false, type = 'text', mono = false }) {
  return field(name, t(`registered.${name}`), (help, invalid) => html`<input id=${name} name=${name} type=${type} .defaultValue=${value} .value=${typed(form, name, value)} maxlength=${longest} ?required=${required} spellcheck=${mono ? 'false' : nothing} autocomplete="off" aria-describedby=${help} aria-invalid=${invalid}>`, t(`registeredHelp.${name}`), app.local.wrong?.[name] || '')
}

function limit(app, form, name, value) {
  const [min, max] = LIMITS[name]
  return field(name, t(`limit.${name}`), (help, invalid) => html`<input id=${name} name=${name} type="number" .defaultValue=${value} .value=${typed(form, name, value)} min=${min} max=${max} required aria-describedby=${help} aria-invalid=${invalid}>`, '', app.local.wrong?.[name] || '')
}

const texts = (form) => Object.fromEntries([...new FormData(form)].map(([name, text]) => [name, text.trim()]))

/** Without an answer, nobody knows whether there is a new secret: what to look at before a repeat. */
const surely = (answer, told) => answer.catch((error) => { throw error instanceof Lost ? new Lost(told) : error })

function refused(app, error) {
  if (error.kind === 'app-exists') app.local.wrong = { appid: t('appExists') }
  else tell(app, error, NAMES)
}

function add(event, app) {
  event.preventDefault()
  const { appid, owner_openid: owner, ...fields } = texts(event.target)
  const { local } = app
  app.act(KEY, async () => {
    try {
      local.secret = { appid, ...(await surely(call('POST', '/centre/apps', { appid, ...fields, owner_openid: owner || undefined }), 'lostRegistration')) }
      local.wrong = null
      forget(NEW)
    } catch (error) { refused(app, error) } finally { app.look() }
  })
}

/** Only what the operator has changed: the page may be old, and others may have changed the rest since. */
function changed(form) {
  const { owner_openid: owner, ...rest } = Object.fromEntries(Object.entries(edited(form)).map(([name, text]) => [name, text.trim()]))
  const [limits, fields] = [true, false].map((isLimit) => Object.entries(rest).filter(([name]) => Object.hasOwn(LIMITS, name) === isLimit))
  return {
    ...Object.fromEntries(fields), ...(owner === undefined ? {} : { owner_openid: owner || null }),
    ...(limits.length ? { limits: Object.fromEntries(limits.map(([name, most]) => [name, Number(most)])) } : {}),
  }
}

function change(event, app, registered) {
  event.preventDefault()
  const form = event.target
  app.act('change', async () => {
    try {
      app.parts.one = { value: { ...registered, ...(await call('PATCH', `/centre/apps/${segment(registered.appid)}`, changed(form))) } }
      forget(changeOf(registered.appid))
      app.local.wrong = null
      app.notice = t('saved')
    } catch (error) { refused(app, error) }
  })
}

/** Until the operator says that it is kept, or leaves the page. */
function secret(app) {
  const { appid, secret: text } = app.local.secret
  const copy = () => navigator.clipboard.writeText(text).then(() => { app.notice = t('copied') }, () => { app.notice = t('notCopied') }).then(app.draw)
  const kept = () => { app.local.secret = null; app.draw() }
  return html`<div class="alert warn"><p role="status"><strong>${t('secretOf', appid)}</strong> <code>${text}</code></p><p>${t('secretOnce')}</p>
    <p class="acts">${button(app, KEY, t('copy'), copy, { kind: 'main' })}${button(app, 'kept', t('kept'), kept)}</p></div>`
}
