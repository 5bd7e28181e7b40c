/**
 * Plays users of the example against a running stack and its WeChat simulator. Reads from standard input
 * {"api", "wechat", "users": [{"openid", "taps"?, "payments"?, "opts_out"?}]}; a payment is one of the taps. Writes a line
 * for each user, when minipush has confirmed everything: {"openid", "form_ids", "prepay_ids", "stored", "dropped"}.
 * NODE_EXTRA_CA_CERTS names the CA of a simulator that serves HTTPS.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LiveWorld } from './live.mjs'
import { complaints, Phone } from './phone.mjs'
import { Wx } from './wx.mjs'

const KIT = path.resolve(import.meta.dirname, '..')
const AT_ONCE = 8
const SECONDS = 30

class Player {
  given = { form_ids: 0, prepay_ids: 0 }
  stored = 0

  constructor({ api, wechat }, user) {
    this.user = user
    const hosts = { 'http://127.0.0.1:3000': api, 'https://shop.example.com': 'shop' }
    const wx = new Wx({ world: new LiveWorld({ api, wechat, openid: user.openid, hosts }) })
    this.phone = new Phone({ app: path.join(KIT, 'example'), packages: { minipush: path.join(KIT, 'miniprogram_dist'), 'minipush-centre': path.join(KIT, 'centre/miniprogram_dist') }, wx })
  }

  async play() {
    const { taps = 0, payments = 0, opts_out: optsOut = false } = this.user
    const { push } = this.phone.launch().app
    push.on('uploaded', ({ stored }) => { this.stored += stored })
    for (let n = 0; n < payments; n += 1) await this.pay(n)
    for (let n = payments; n < taps; n += 1) await this.tap('book', n % 3)
    if (optsOut) await this.optOut()
    await this.until('everything is uploaded', () => push.flush().then(() => push.pending === 0))
    this.phone.kill()
    return { openid: this.user.openid, ...this.given, stored: this.stored, dropped: push.dropped }
  }

  async tap(name, n) {
    await this.phone.tap(this.phone.button(name, n))
    this.given.form_ids += 1
  }

  async pay(n) {
    await this.tap('pay', n)
    await this.until('it is paid', () => this.phone.page.data.classes[n].paid)
    this.given.prepay_ids += 1
  }

  async optOut() {
    this.phone.open('/pages/settings/index')
    await this.until('the settings are there', () => !this.phone.page.data.busy)
    this.phone.change(this.phone.byClass('receive')[0], false)
    await this.until('they are saved', () => this.phone.page.data.optOut)
  }

  async until(what, isTrue) {
    const end = Date.now() + SECONDS * 1000
    while (!(await isTrue())) {
      if (Date.now() > end) throw new Error(`${this.user.openid}: not within ${SECONDS} s that ${what}`)
      await sleep(10)
    }
  }
}

const { users, ...stack } = JSON.parse(readFileSync(0, 'utf8'))
const waiting = [...users]
const work = async () => {
  for (let user = waiting.shift(); user; user = waiting.shift()) console.log(JSON.stringify(await new Player(stack, user).play()))
}
await Promise.all(Array.from({ length: AT_ONCE }, work))
complaints.forEach((complaint) => console.error(complaint))
process.exit(complaints.length ? 1 : 0)
