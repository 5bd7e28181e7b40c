/** A world that is the running stack and its WeChat simulator. */

/**
 * `api`, `wechat`: what `make run` prints. `openid`: whose phone this is. `hosts`: where the phone finds an origin that the
 * mini-program calls, as { origin: origin }.
 */
export class LiveWorld {
  /** What the user answers in the popup, by template id; accept where nothing is said. */
  choices = {}
  /** Every call of the phone, as 'POST /collect 200'. */
  log = []

  constructor({ api, wechat, openid, hosts = {} }) {
    Object.assign(this, { api, wechat, openid, hosts })
  }

  async login() {
    return (await this.#post('users', { openid: this.openid })).js_code
  }

  async formId() {
    return (await this.#control('taps', { openid: this.openid })).form_ids[0]
  }

  async popup(templateIds) {
    const choices = Object.fromEntries(templateIds.map((id) => [id, this.choices[id] ?? 'accept']))
    return this.#control('popups', { openid: this.openid, choices })
  }

  async request({ url, method, data, header, timeout }) {
    const { origin, pathname, search } = new URL(url)
    if (this.hosts[origin] === 'shop') return this.#order()
    const options = { method, headers: header, body: data && JSON.stringify(data), signal: AbortSignal.timeout(timeout) }
    let reply
    try {
      reply = await fetch((this.hosts[origin] ?? origin) + pathname + search, options)
    } catch (error) {
      throw { errMsg: `request:fail ${error.message}` }
    }
    this.log.push(`${method} ${pathname} ${reply.status}`)
    const text = await reply.text()
    const isJson = /json/.test(reply.headers.get('content-type') ?? '')
    return { statusCode: reply.status, header: Object.fromEntries(reply.headers), data: isJson ? JSON.parse(text) : text }
  }

  /** The app's own server has WeChat Pay make an order. */
  async #order() {
    const { prepay_ids: [id] } = await this.#control('payments', { openid: this.openid })
    return { statusCode: 200, header: {}, data: { timeStamp: '', nonceStr: '', package: `prepay_id=${id}`, signType: 'RSA', paySign: '' } }
  }

  /** What a user does whom WeChat knows, whether or not the mini-program has logged in. */
  async #control(name, body) {
    this.known ??= this.login()
    await this.known
    return this.#post(name, body)
  }

  async #post(name, body) {
    const reply = await fetch(`${this.wechat}/_simulator/${name}`, { method: 'POST', body: JSON.stringify(body) })
    if (!reply.ok) throw new Error(`${name}: ${reply.status} ${await reply.text()}`)
    return reply.json()
  }
}
