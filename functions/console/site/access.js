// Signing in, and who is signed in.
import { languageButton } from './frame.js'
import { button, part, problemText, section } from './parts.js'
import { html, nothing } from './vendor/lit-html.js'
import { instant, t, zone } from './words.js'

export function signIn(app) {
  const enter = (event) => { event.preventDefault(); app.signIn(new FormData(event.target).get('key').trim()) }
  const said = app.error?.status === 401 ? t('unknownKey') : app.error && problemText(app.error)
  return html`<main id="main" class="door" tabindex="-1"><div class="line"><h1><img src="icon.svg" alt="" width="32" height="32"> ${t('signIn')}</h1>${languageButton(app)}</div>
    ${app.notice ? html`<p class="alert" role="status">${app.notice}</p>` : nothing}
    <form @submit=${enter}><label for="key">${t('key')}</label>
      <input id="key" name="key" type="password" autocomplete="off" spellcheck="false" autocapitalize="off" required maxlength="512" aria-describedby="key-help" aria-invalid=${said ? 'true' : nothing}>
      <p id="key-help" class="help">${t('keyHelp')} <code>make operator-key NAME=… SCOPES=read,send</code></p>
      ${said ? html`<p class="bad" role="alert">${said}</p>` : nothing}
      <button class="main" ?disabled=${app.busy.has('enter')}>${t('signIn')}</button></form></main>`
}

export const needs = () => ({ who: '/operator' })

export function view(app) {
  return html`<h1>${t('title.access')}</h1>${section(t('thisKey'), part(app.parts.who, ({ name, scopes, session_until: until }) => html`<dl class="facts">
      <dt>${t('keyName')}</dt><dd>${name}</dd>
      <dt>${t('scopes')}</dt><dd><ul class="plain">${['read', 'send', 'admin'].map((scope) => html`<li>${scopes.includes(scope) ? '✓' : '–'} <code>${scope}</code> ${t(`scope.${scope}`)}${scopes.includes(scope) ? '' : ` (${t('notAllowed')})`}</li>`)}</ul></dd>
      ${until ? html`<dt>${t('sessionUntil')}</dt><dd><time datetime=${until}>${instant(until)}</time></dd>` : nothing}
      <dt>${t('zone')}</dt><dd>${zone}</dd></dl>
    <p class="acts">${button(app, 'leave', t('signOut'), app.signOut)}</p>`))}
    <p class="quiet">${t('moreKeys')} <code>make operator-key</code></p>`
}
