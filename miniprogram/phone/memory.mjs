/** A world in memory: WeChat, and a minipush that keeps the contract of POST /collect. Tests make it fail. */

const WEEK = 604_800_000
const STATUS = { ok: 200, 401: 401, 413: 413, 422: 422, 429: 429, 500: 500, 503: 503 }

export class MemoryWorld {
  openid = 'anna'
  logins = 0
  taps = 0
  /** What was sent, in order: { method, path, data, token, openid }. */
  calls = []
  popups = []
  /** What minipush holds, by user: how often each id was stored. */
  stored = new Map()
  tokens = new Map()
  nextAsk = { template_ids: [], long_term: false }
  settings = { opt_out: false, quiet_hours: null }
  /** What the user answers in the popup, by template id; accept where nothing is said. */
  choices = {}
  popupError = null
  retryAfter = 0
  tellsTime = true
  /** The true time, of which the phone's clock knows nothing. */
  now = () => Date.now()
  /** What becomes of a call: 'ok', 'lost request', 'lost answer' or a status. */
  fate = () => 'ok'

  async login() {
    this.logins += 1
    return `code-${this.logins}`
  }

  async formId() {
    this.taps += 1
    return `F${this.taps}`
  }

  async popup(templateIds) {
    this.popups.push(templateIds)
    if (this.popupError) return { errMsg: 'requestSubscribeMessage:fail', errCode: this.popupError }
    const answers = Object.fromEntries(templateIds.map((id) => [id, this.choices[id] ?? 'accept']))
    return { errMsg: 'requestSubscribeMessage:ok', ...answers }
  }

  async request({ url, method, data, header = {} }) {
    const path = new URL(url).pathname
    const token = String(header.Authorization ?? '').replace('Bearer ', '')
    const call = { method, path, query: new URL(url).search, data: data && JSON.parse(JSON.stringify(data)), type: header['Content-Type'], token, openid: this.tokens.get(token) }
    this.calls.push(call)
    const fate = this.fate(call)
    if (fate === 'lost request') throw { errMsg: 'request:fail timeout' }
    const reply = this.#reply(STATUS[fate] > 200 ? this.failure(STATUS[fate], call) : this.serve(call))
    if (fate === 'lost answer') throw { errMsg: 'request:fail timeout' }
    return reply
  }

  /** The calls of one route, as 'POST /collect'. */
  of(route) {
    return this.calls.filter((call) => `${call.method} ${call.path}` === route)
  }

  ids(openid = this.openid) {
    return [...(this.stored.get(openid) ?? new Map()).keys()]
  }

  #reply({ statusCode, data }) {
    const date = this.tellsTime ? { date: new Date(this.now()).toUTCString() } : {}
    const wait = statusCode === 429 || statusCode === 503 ? { 'retry-after': String(this.retryAfter) } : {}
    return { statusCode, data, header: { ...date, ...wait } }
  }

  /** What a call gets that does not reach its route. */
  failure(statusCode) {
    return { statusCode, data: {} }
  }

  /** The contract, as far as the kit needs it. */
  serve({ method, path, data, openid }) {
    if (path === '/session') return this.#enter()
    if (!openid) return { statusCode: 401, data: {} }
    if (path === '/collect') return this.#collect(openid, data)
    if (path === '/me/next-ask') return { statusCode: 200, data: this.nextAsk }
    if (path === '/me' && method === 'PUT') Object.assign(this.settings, data)
    if (path === '/me') return { statusCode: 200, data: { openid, ...this.settings } }
    return { statusCode: 404, data: {} }
  }

  #enter() {
    const token = `token-${this.logins}-${this.tokens.size}`
    this.tokens.set(token, this.openid)
    return { statusCode: 200, data: { token, expires_in: 86_400, openid: this.openid } }
  }

  /** One entry that is `poison` spoils the whole request, as an entry of a shape that nobody expects once did. */
  #collect(openid, lists) {
    const entries = Object.entries(lists).flatMap(([list, each]) => each.map((entry) => ({ list, ...entry })))
    if (entries.length > 100 || entries.some((entry) => JSON.stringify(entry).includes('poison'))) return { statusCode: 422, data: {} }
    const mine = this.stored.get(openid) ?? this.stored.set(openid, new Map()).get(openid)
    const rejected = []
    let stored = 0
    entries.forEach((entry) => {
      const id = entry.form_id ?? entry.prepay_id ?? `${entry.id} ${entry.template_id}`
      const reason = this.#reason(entry)
      if (reason) rejected.push({ pointer: `/${entry.list}`, reason })
      else if (!mine.has(id)) stored += 1
      if (!reason) mine.set(id, entry)
    })
    return { statusCode: 200, data: { stored, rejected } }
  }

  #reason({ list, expires_at: expiry, result }) {
    if (list === 'form_ids' && expiry !== undefined && expiry <= this.now()) return 'expired'
    if (expiry > this.now() + WEEK) this.beyond = expiry - this.now() - WEEK
    return list === 'subscriptions' && !result.startsWith('accept') ? 'not_accepted' : ''
  }
}
