// What stands around every page: the menu, the red switch, what went wrong, and the dialog.
import { call } from './api.js'
import { button, problemText } from './parts.js'
import { forget, keep, kept } from './typed.js'
import { html, nothing } from './vendor/lit-html.js'
import { instant, language, other, t, zone } from './words.js'

const MENU = ['overview', 'campaigns', 'users', 'templates']
const menu = (app) => (app.operator?.scopes.includes('moderate') ? [...MENU, 'centre'] : MENU)
const INSIDE = { campaign: 'campaigns', new: 'campaigns', edit: 'campaigns' }

export function frame(app, page) {
  const open = INSIDE[app.name] || app.name
  const current = (name) => (name === open ? 'page' : nothing)
  return html`<a class="skip" href="#main" @click=${(event) => { event.preventDefault(); document.getElementById('main').focus() }}>${t('skip')}</a>
    <header><a class="brand" href="#/overview"><img src="icon.svg" alt="" width="24" height="24">minipush</a>
      <nav aria-label=${t('menu')}>${menu(app).map((name) => html`<a href="#/${name}" aria-current=${current(name)}>${t(`title.${name}`)}</a>`)}</nav>
      <div class="tools">${sendingButton(app)}${languageButton(app)}
        <a class="button" href="#/access" aria-current=${current('access')} aria-label=${t('title.access')}>${app.operator?.name || t('title.access')}</a></div></header>
    ${sendingOff(app)}
    <div class="told"><p class="lost" role="status">${app.failures ? t('lost') : ''}</p>
      ${app.error ? html`<p class="alert bad" role="alert">${problemText(app.error)}</p>` : nothing}${app.notice ? html`<p class="alert" role="status">${app.notice}</p>` : nothing}</div>
    <main id="main" tabindex="-1" data-place=${location.hash}>${page ? page.view(app) : html`<h1>${t(`title.${app.name}`)}</h1><p class="quiet">${t('loading')}</p>`}</main>
    <footer>${t('yourZone', zone)}</footer>${dialog(app)}`
}

export const languageButton = (app) =>
  html`<button type="button" lang=${other()} data-key="language" @click=${app.switchLanguage}>${language() === 'en' ? '中文' : 'English'}</button>`

// ---- the red switch

const isOff = (app) => app.parts.sending?.value?.enabled === false

function sendingButton(app) {
  if (!app.parts.sending?.value || isOff(app) || !app.can('admin')) return nothing
  return button(app, 'sending', t('stopSending'), () => app.ask({
    title: t('askStop'), text: t('willStop'), confirm: t('stopSending'), danger: true, input: { label: t('whyStop'), key: 'sending', isRight: (text) => text.trim() !== '' },
    run: (reason) => change(app, { enabled: false, reason: reason.trim() }),
  }), { kind: 'danger' })
}

function sendingOff(app) {
  if (!isOff(app)) return nothing
  const { reason, by, at, changed_at: changed = at } = app.parts.sending.value
  return html`<div class="off" role="region" aria-label=${t('sendingOff')}><p><strong>⏻ ${t('sendingOff')}</strong> ${reason} ${by ? html`– ${by}` : nothing} ${changed ? html`<time datetime=${changed}>${instant(changed)}</time>` : nothing}</p>
    ${app.can('admin') ? button(app, 'sending', t('startSending'), () => app.ask({ title: t('askStart'), text: t('willStart'), confirm: t('startSending'), run: () => change(app, { enabled: true }) })) : nothing}</div>`
}

const change = (app, wanted) => app.act('sending', async () => {
  app.parts.sending = { value: await call('PUT', '/sending', wanted) || wanted }
  app.look()
})

// ---- the dialog: one element, so that closing it gives the focus back. An input with a `key`, which is its button's, keeps what is typed until it is sent.

function dialog(app) {
  const asked = app.dialog
  const close = () => { app.dialog = null; document.querySelector('dialog').close() }
  const typed = () => document.getElementById('typed')?.value || ''
  const { key, isRight } = asked?.input || {}
  const before = (key && kept(key)) || ''
  const check = () => { document.getElementById('confirm').disabled = !isRight(typed()); if (key) keep(key, typed()) }
  const confirm = async (event) => { event.preventDefault(); const text = typed(); close(); if (await asked.run(text) && key) forget(key) }
  return html`<dialog aria-labelledby="asked" @close=${() => { app.dialog = null; app.draw() }}>${asked ? html`<form @submit=${confirm}>
    <h2 id="asked">${asked.title}</h2><p>${asked.text}</p>
    ${asked.input ? html`<div class="field"><label for="typed">${asked.input.label}</label><input id="typed" .value=${before} autocomplete="off" maxlength="200" @input=${check}></div>` : nothing}
    <div class="acts"><button type="button" autofocus @click=${close}>${t('keep')}</button>
      <button id="confirm" class=${asked.danger ? 'danger' : 'main'} ?disabled=${Boolean(isRight) && !isRight(before)}>${asked.confirm}</button></div></form>` : nothing}</dialog>`
}
