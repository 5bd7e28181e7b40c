// Who is signed in, and what they may do.
import { button, part, section } from './parts.js'
import { html, nothing } from './vendor/lit-html.js'
import { instant, t, zone } from './words.js'

export const needs = () => ({ who: '/operator' })

export function view(app) {
  return html`<h1>${t('title.access')}</h1>${section(t('thisKey'), part(app.parts.who, ({ name, scopes, session_until: until }) => html`<dl class="facts">
      <dt>${t('keyName')}</dt><dd>${name}</dd>
      <dt>${t('scopes')}</dt><dd><ul class="plain">${['read', 'send', 'admin', 'moderate'].map((scope) => html`<li>${scopes.includes(scope) ? '✓' : '–'} <code>${scope}</code> ${t(`scope.${scope}`)}${scopes.includes(scope) ? '' : ` (${t('notAllowed')})`}</li>`)}</ul></dd>
      ${until ? html`<dt>${t('sessionUntil')}</dt><dd><time datetime=${until}>${instant(until)}</time></dd>` : nothing}
      <dt>${t('zone')}</dt><dd>${zone}</dd></dl>
    <p class="acts">${button(app, 'leave', t('signOut'), app.signOut)}</p>`))}
    <p class="quiet">${t('moreKeys')} <code>make operator-key</code></p>`
}
