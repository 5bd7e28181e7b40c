/** A world in memory whose minipush has the message centre. It keeps its contract, and nothing of the app's own. */
import { MemoryWorld } from '../../phone/memory.mjs'

const OK = (data) => ({ statusCode: 200, data })
const problem = (statusCode, more = {}) => ({ statusCode, data: { type: 'about:blank', status: statusCode, ...more } })
const refused = (status, reason) => problem(status, { extra_data: { bind: false, errMsg: `bind:fail ${reason}` } })
const CATEGORIES = ['annoying', 'advert', 'misleading', 'impersonation', 'fraud', 'illegal']

export class CentreWorld extends MemoryWorld {
  apps = new Map([['wxshop', { appid: 'wxshop', name: '晨光书店', summary: '新书到货提醒', status: 'active' }]])
  bindings = []
  channels = []
  keys = []
  /** Newest first, as GET /me/inbox has them. */
  messages = []
  complaints = []
  centre = { channels: [], do_not_disturb: null, on_unknown: 'next', receipts: false }
  /** What the next POST /me/bindings is refused with. */
  bindRefusal = ''
  /** Those that have bound. */
  tickets = new Set()
  codes = { bark: '482913', email: '482913', sms: '482913' }

  /** `minutes`: how old it is. */
  push(id, { minutes = 0, from = { kind: 'app', appid: 'wxshop', name: '晨光书店' }, ...more } = {}) {
    const at = new Date(this.now() - minutes * 60_000).toISOString()
    this.messages.push({ id, from, title: `标题 ${id}`, body: `正文 ${id}`, at, read: false, ...more })
    this.messages.sort((one, other) => (placeOf(one) < placeOf(other) ? 1 : -1))
    return this
  }

  /** The app has pushed another one of the same id. */
  replace(id, more) {
    this.messages = this.messages.filter((each) => each.id !== id)
    return this.push(id, more)
  }

  get unread() {
    return Math.min(this.messages.filter(({ read }) => !read).length, 99)
  }

  /** Every problem at binding tells the third party something. */
  failure(statusCode, { method, path }) {
    return method === 'POST' && path === '/me/bindings' ? refused(statusCode, 'unavailable') : super.failure(statusCode)
  }

  serve(call) {
    const { method, path, openid, data, type } = call
    if (!openid || !/^\/(me|centre)\/./.test(path) || path === '/me/next-ask') return super.serve(call)
    if (data && type !== 'application/json') return problem(415)
    const [, , subject, id, act] = path.split('/')
    const route = `${method} ${path.startsWith('/centre/') ? 'centre/' : ''}${subject}${id ? '/' : ''}${act ? `/${act}` : ''}`
    const answer = ROUTES[route]
    return answer ? answer(this, call, decodeURIComponent(id ?? '')) : problem(404)
  }
}

const query = ({ query: text }) => Object.fromEntries(new URLSearchParams(text))
const settings = (world) => OK({ ...world.centre, unread: world.unread })

const placeOf = ({ at, id }) => `${at} ${id}`

/** It looks at ten times `limit` messages at a time. */
function inbox(world, call) {
  const { limit = 20, cursor, appid, unread } = query(call)
  const left = world.messages.filter((each) => !cursor || placeOf(each) < cursor)
  const seen = left.slice(0, limit * 10)
  const items = seen.filter((each) => (!appid || each.from.appid === appid) && (unread !== 'true' || !each.read)).slice(0, limit)
  const last = items.length < limit ? seen.at(-1) : items.at(-1)
  return OK({ items, next_cursor: last && last !== left.at(-1) ? placeOf(last) : null })
}

function which(world, { ids, before, appid }) {
  return world.messages.filter((each) => (ids ? ids.includes(each.id) : each.at < before && (!appid || each.from.appid === appid)))
}

function read(world, { data }) {
  which(world, data).forEach((each) => { each.read = true })
  return OK({ unread: world.unread })
}

function remove(world, { data }) {
  const gone = which(world, data)
  world.messages = world.messages.filter((each) => !gone.includes(each))
  return OK({ unread: world.unread })
}

function complain(world, { data }, message) {
  if (!CATEGORIES.includes(data.category)) return problem(422)
  const same = world.complaints.find((each) => each.message === message)
  if (!same) world.complaints.push({ message, status: 'open', ...data })
  return { statusCode: same ? 200 : 201, data: same ?? world.complaints.at(-1) }
}

/** A ticket binds once, and what it has confirmed stays. */
function bind(world, { data }) {
  if (world.bindRefusal) return refused(422, world.bindRefusal)
  if (!world.apps.has(data.appid)) return refused(404, 'app_unknown')
  if (!data.openid) return refused(422, 'openid_missing')
  const old = world.bindings.find(({ appid }) => appid === data.appid)
  const { appid, level = 'strong', ticket } = data
  if (world.tickets.has(ticket)) return refused(409, 'ticket_used')
  if (ticket) world.tickets.add(ticket)
  if (old) Object.assign(old, { level: data.level ?? old.level, confirmed: old.confirmed || Boolean(ticket) })
  if (!old) world.bindings.push({ key: `b${world.bindings.length + 1}`, appid, name: world.apps.get(appid).name, level, confirmed: Boolean(ticket), do_not_disturb: null })
  const binding = old ?? world.bindings.at(-1)
  return { statusCode: old ? 200 : 201, data: { ...binding, extra_data: { key: binding.key, bind: true, errMsg: '' } } }
}

/** A list whose items are changed by PUT and ended by DELETE. */
function list(name, id, answerToPut = OK) {
  const one = (world, wanted) => world[name].find((each) => each[id] === wanted)
  return {
    [`GET ${name}`]: (world) => OK({ items: world[name] }),
    [`PUT ${name}/`]: (world, { data }, wanted) => (one(world, wanted) ? answerToPut(Object.assign(one(world, wanted), data)) : problem(404)),
    [`DELETE ${name}/`]: (world, call, wanted) => {
      world[name] = world[name].filter((each) => each[id] !== wanted)
      return { statusCode: 204, data: '' }
    },
  }
}

function setChannel(world, { data }, kind) {
  const needsCode = kind in world.codes
  if (needsCode && !data.address) return problem(422)
  const channel = { kind, address: needsCode ? `${data.address.slice(0, 2)}****` : '', status: needsCode ? 'pending' : 'verified' }
  world.channels = world.channels.filter((each) => each.kind !== kind).concat([channel])
  return { statusCode: needsCode ? 202 : 200, data: channel }
}

function verify(world, { data }, kind) {
  if (data.code !== world.codes[kind]) return problem(422, { reason: 'wrong_code' })
  return OK(Object.assign(world.channels.find((each) => each.kind === kind), { status: 'verified' }))
}

function makeKey(world, { data }) {
  const key = { id: `id${world.keys.length + 1}`, paused: false, level: 'strong', ...data }
  world.keys.push(key)
  return { statusCode: 201, data: { ...key, key: 'kSecretSecretSecretSecret', push_url: 'https://push.example.com/p/kSecretSecretSecretSecret' } }
}

const ROUTES = {
  ...list('bindings', 'key'), ...list('keys', 'id'), ...list('channels', 'kind'),
  'GET centre': settings,
  'PUT centre': (world, { data }) => settings(Object.assign(world, { centre: { ...world.centre, ...data } })),
  'GET inbox': inbox,
  'POST inbox/': (world, call, act) => (act === 'read' ? read(world, call) : remove(world, call)),
  'POST inbox//complaint': complain,
  'GET centre/apps/': (world, call, appid) => (world.apps.has(appid) ? OK(world.apps.get(appid)) : refused(404, 'app_unknown')),
  'POST bindings': bind,
  'PUT channels/': setChannel,
  'POST channels//verify': verify,
  'POST channels//test': (world, call, kind) => OK(world.channels.find((each) => each.kind === kind)),
  'POST keys': makeKey,
}
