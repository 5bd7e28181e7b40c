// The message as WeChat shows it in the chat 服务通知, and the rules for its fields.
import { html, nothing } from './vendor/lit-html.js'
import { known, number, t } from './words.js'

// The most characters of a value, counted as JavaScript does: UTF-16 units, as WeChat counts.
const LONGEST = { thing: 20, const: 20, name: 20, number: 32, letter: 32, character_string: 32, phone_number: 17, symbol: 5, phrase: 5, car_number: 8 }

export const kindOf = (key) => key.replace(/\d+$/, '')
export const longest = (key, value = '') => (kindOf(key) === 'name' && /\p{Script=Han}/u.test(value) ? 10 : LONGEST[kindOf(key)])

/** What stands before each value: [{key, label}], from lines such as `课程：{{thing1.DATA}}`. */
export function labels(template) {
  const lines = (template?.content || '').split('\n').map((line) => line.match(/^(.*?)[:：]?\s*\{\{\s*(\w+)\.DATA\s*\}\}/))
  const found = Object.fromEntries(lines.filter(Boolean).map(([, label, key]) => [key, label.trim()]))
  return (template?.keys || []).map((key) => ({ key, label: found[key] || key }))
}

/** Of the official account, if the deployment has one. */
export const OFFICIAL_TEMPLATES = '/templates?account=official'
export const OFFICIAL_SYNC = '/templates/sync?account=official'

/** `message` as the API has it; `template`: null where it isn't synced. */
export function card(message, template) {
  const data = message.data || {}
  const rows = template ? labels(template) : Object.keys(data).map((key) => ({ key, label: key }))
  const isOfficial = message.type === 'official'
  return html`<div class="phone" role="group" aria-label=${t('preview')}><p class="phone-top">${t(isOfficial ? 'yourOfficialAccount' : 'serviceNotices')}</p>
    <div class="bubble">${isOfficial ? nothing : html`<p class="from"><span class="dot-icon" aria-hidden="true"></span>${t('yourMiniProgram')}</p>`}<h3>${template?.title || message.template_id || t('noTemplate')}</h3>
      <dl>${rows.map(({ key, label }) => html`<div><dt>${label}</dt><dd>${data[key]?.value || html`<span class="quiet">${t('emptyValue')}</span>`}</dd></div>`)}</dl>
      ${message.page || message.miniprogram || message.url ? html`<p class="enter">${t(isOfficial ? 'seeDetails' : 'enterMiniProgram')} <span aria-hidden="true">›</span></p>` : nothing}</div></div>`
}

export function audienceText({ type, tag, within_hours: hours, openids, count = openids?.length, appid }) {
  if (type === 'app') return t('audience.bound', appid)
  if (type === 'tag') return t('audience.tagged', tag)
  if (type === 'expiring') return t('audience.expiringWithin', hours)
  return type === 'openids' ? t('audience.named', count == null ? '' : number(count)) : t('audience.all')
}

export const warnings = (list = []) => (list.length ? html`<ul class="alert warn">${list.map((each) => html`<li>⚠ ${known(`warning.${each}`) || each}</li>`)}</ul>` : nothing)
