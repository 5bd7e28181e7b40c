// Signing in.
import { languageButton } from './frame.js'
import { problemText } from './parts.js'
import { html, nothing } from './vendor/lit-html.js'
import { t } from './words.js'

export function signIn(app) {
  const enter = (event) => { event.preventDefault(); app.signIn(new FormData(event.target).get('key').trim()) }
  const said = app.error?.status === 401 ? t('unknownKey') : app.error && problemText(app.error)
  return html`<main id="main" class="door" tabindex="-1"><div class="line"><h1><img src="icon.svg" alt="" width="32" height="32"> ${t('signIn')}</h1>${languageButton(app)}</div>
    ${app.notice ? html`<p class="alert" role="status">${app.notice}</p>` : nothing}
    <form @submit=${enter}><label for="key">${t('key')}</label>
      <input id="key" name="key" type="password" autocomplete="off" spellcheck="false" autocapitalize="off" required maxlength="512" aria-describedby="key-help" aria-invalid=${said ? 'true' : nothing}>
      <p id="key-help" class="help">${t('keyHelp')} <code>make operator-key NAME=… SCOPES=read,send</code></p>
      ${said ? html`<p class="bad" role="alert">${said}</p>` : nothing}
      <button class="main" aria-disabled=${app.busy.has('enter') ? 'true' : nothing}>${t('signIn')}</button></form></main>`
}
