// What is typed on the page of a new campaign.
import * as typed from './typed.js'

const NAME = 'draft'

export const EMPTY = {
  edit: '', name: '', type: 'subscribe', template_id: '', values: {}, keywords: '', page: '', state: '', appid: '', url: '', who: 'all', tag: '', hours: 24, openids: '',
  later: false, at: '', rate: '', cap: '', capHours: 24, checker: '', reviewed: false,
}

/** `key` is the Idempotency-Key of the body that was sent last, so that sending it again makes no second campaign. */
export const read = () => ({ ...EMPTY, ...typed.kept(NAME) })
export const keep = (draft) => typed.keep(NAME, draft)
export const forget = () => typed.forget(NAME)

const lines = (text) => [...new Set(text.split(/[\s,，;；]+/).filter(Boolean))]
export const openidsOf = (draft) => lines(draft.openids)
const whole = (text) => (text === '' ? undefined : Number(text))

const content = ({ type, keywords, values }, keys) => (type === 'template' ? { keywords: keywords.trim() === '' ? [] : keywords.trim().split('\n') } : { data: Object.fromEntries(keys.map((key) => [key, { value: values[key] || '' }])) })

/** Where a tap leads. A message of the official account names the mini-program, or a web page for clients that can't open one. */
function link({ type, page, state, appid, url }) {
  const [path, other] = [page.trim() || undefined, appid.trim() || undefined]
  if (type !== 'official') return { page: path, miniprogram_state: state || undefined }
  return { url: url.trim() || undefined, miniprogram: path || other ? { page: path, appid: other } : undefined }
}

/** The request that the draft stands for. */
export function body(draft, keys) {
  const audience = { all: {}, tag: { tag: draft.tag.trim() }, expiring: { within_hours: Number(draft.hours) }, openids: { openids: openidsOf(draft) } }[draft.who]
  return {
    name: draft.name.trim(),
    message: { type: draft.type, template_id: draft.template_id.trim(), ...link(draft), ...content(draft, keys) },
    audience: { type: draft.who, ...audience },
    schedule: draft.later && draft.at ? { at: new Date(draft.at).toISOString() } : undefined,
    max_per_second: whole(draft.rate),
    frequency_cap: draft.cap === '' ? undefined : { messages: Number(draft.cap), hours: Number(draft.capHours) },
    text_check: draft.checker.trim() ? { openid: draft.checker.trim(), reviewed: draft.reviewed } : undefined,
  }
}

/** The changes that make a campaign what the draft says: null takes away what it had. */
export const changes = (draft, keys) => ({ schedule: null, max_per_second: null, frequency_cap: null, ...JSON.parse(JSON.stringify(body(draft, keys))) })

/** As a `datetime-local` field has it, in the operator's zone. */
export function local(instant) {
  const date = new Date(instant)
  return new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16)
}

/** A draft that would make a campaign like this one. */
export function from({ name, message, audience, schedule, max_per_second: rate, frequency_cap: cap }, edit = '') {
  const data = Object.entries(message.data)
  return {
    ...EMPTY, edit, name, type: message.type, template_id: message.template_id, page: message.page || message.miniprogram?.page || '', state: message.miniprogram_state || '', appid: message.miniprogram?.appid || '', url: message.url || '',
    values: Object.fromEntries(data.map(([key, { value }]) => [key, value])), keywords: message.type === 'template' ? data.map(([, { value }]) => value).join('\n') : '',
    who: audience.type, tag: audience.tag || '', hours: audience.within_hours || 24, openids: (audience.openids || []).join('\n'),
    later: Boolean(edit && schedule), at: edit && schedule ? local(schedule.at) : '', rate: rate ? String(rate) : '', cap: cap ? String(cap.messages) : '', capHours: cap?.hours || 24,
  }
}
