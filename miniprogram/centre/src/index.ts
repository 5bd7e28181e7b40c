import { minipush } from 'minipush'
import { json } from 'minipush/session'
import type * as api from './api'

export const inbox: typeof api.inbox = (wanted = {}) => {
  const query = (Object.keys(wanted) as (keyof typeof wanted)[])
    .filter((name) => wanted[name] !== undefined && wanted[name] !== '')
    .map((name) => `${name}=${encodeURIComponent(String(wanted[name]))}`)
  return call('GET', `/me/inbox${query.length ? '?' : ''}${query.join('&')}`)
}
export const read: typeof api.read = (which) => call('POST', '/me/inbox/read', which)
export const remove: typeof api.remove = (which) => call('POST', '/me/inbox/delete', which)
export const complain: typeof api.complain = (id, complaint) => call('POST', `/me/inbox/${id}/complaint`, complaint)

export const app: typeof api.app = (appid) => call('GET', `/centre/apps/${encodeURIComponent(appid)}`)
export const bind: typeof api.bind = (wanted) => call('POST', '/me/bindings', wanted)
export const bindings: typeof api.bindings = () => call('GET', '/me/bindings')
// wx.request knows no PATCH.
export const changeBinding: typeof api.changeBinding = (key, changes) => call('PUT', `/me/bindings/${key}`, changes)
export const unbind: typeof api.unbind = (key) => call('DELETE', `/me/bindings/${key}`)

export const settings: typeof api.settings = () => call('GET', '/me/centre')
export const change: typeof api.change = (changes) => call('PUT', '/me/centre', changes)
export const channels: typeof api.channels = () => call('GET', '/me/channels')
export const setChannel: typeof api.setChannel = (kind, to) => call('PUT', `/me/channels/${kind}`, to)
export const verify: typeof api.verify = (kind, code) => call('POST', `/me/channels/${kind}/verify`, { code })
export const tryChannel: typeof api.tryChannel = (kind) => call('POST', `/me/channels/${kind}/test`)
export const removeChannel: typeof api.removeChannel = (kind) => call('DELETE', `/me/channels/${kind}`)

export const keys: typeof api.keys = () => call('GET', '/me/keys')
export const makeKey: typeof api.makeKey = (wanted) => call('POST', '/me/keys', wanted)
export const changeKey: typeof api.changeKey = (id, changes) => call('PUT', `/me/keys/${id}`, changes)
export const removeKey: typeof api.removeKey = (id) => call('DELETE', `/me/keys/${id}`)

/** A call with the kit's session. A renewal after a 401 is the kit's, too. */
function call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, data?: object): Promise<T> {
  return new Promise<WechatMiniprogram.RequestSuccessCallbackResult>((success, fail) => {
    minipush()!.request({ url, method, data, header: { 'Content-Type': 'application/json' }, success, fail })
  }).then(({ statusCode, data: body, header }) => {
    if (statusCode === 204) return undefined as T
    // `json` takes a 200 for the only success: the message centre has others.
    return json<T>({ statusCode: statusCode === 201 || statusCode === 202 ? 200 : statusCode, data: body, header })
  })
}
