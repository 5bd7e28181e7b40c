/**
 * The example, unchanged, on a phone against a running stack: `API`, `WECHAT` and `KEY` say where, as `make run` prints it.
 * The stack is new: nobody has asked it for templates yet.
 */
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { LiveWorld } from '../phone/live.mjs'
import { complaints, Phone } from '../phone/phone.mjs'
import { Wx } from '../phone/wx.mjs'
import { CENTRE_DIST, DIST } from './support/program.mjs'

const { API, WECHAT, KEY } = process.env
const EXAMPLE = path.resolve(import.meta.dirname, '../example')
const HOSTS = { 'http://127.0.0.1:3000': API, 'https://shop.example.com': 'shop' }
const OPENID = 'o-live'
const running = []
after(() => {
  running.forEach((phone) => phone.kill())
  assert.deepEqual(complaints, [])
})

const storage = new Map()
const world = new LiveWorld({ api: API, wechat: WECHAT, openid: OPENID, hosts: HOSTS })

function start({ isOnline = true } = {}) {
  running.splice(0).forEach((phone) => phone.kill())
  const wx = Object.assign(new Wx({ world, storage }), { isOnline })
  const phone = new Phone({ app: EXAMPLE, packages: { minipush: DIST, 'minipush-centre': CENTRE_DIST }, wx })
  running.push(phone)
  return phone.launch()
}

async function operator(method, route, body) {
  const headers = { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' }
  const reply = await fetch(API + route, { method, headers, body: body && JSON.stringify(body) })
  const text = await reply.text()
  assert.ok(reply.ok, `${method} ${route}: ${reply.status} ${text}`)
  return JSON.parse(text)
}

const user = () => operator('GET', `/users/${OPENID}`)

/** What WeChat has given out, and what users answered. */
async function wechat() {
  const { form_ids, prepay_ids, choices } = await (await fetch(`${WECHAT}/_simulator/ledger/summary`)).json()
  return { forms: form_ids.live, payments: prepay_ids.live, accepted: choices.accepted, rejected: choices.rejected }
}

async function since(before) {
  return Object.fromEntries(Object.entries(await wechat()).map(([name, count]) => [name, count - before[name]]))
}

async function until(what, isTrue) {
  for (let n = 0; n < 200; n += 1) {
    if (await isTrue()) return
    await sleep(50)
  }
  assert.fail(`never: ${what}; ${world.log.join(', ')}`)
}

test('the user logs in, is asked, books and pays; minipush holds what WeChat gave', async () => {
  await operator('PUT', '/templates/stock', { templates: [{ template_id: 'S1', wanted: 3 }, { template_id: 'S2', wanted: 1 }] })
  const before = await wechat()
  const phone = start()
  await until('it knows what to ask for', () => world.log.includes('GET /me/next-ask 200'))
  world.choices = { S2: 'reject' }
  await phone.tap(phone.button('book'))
  assert.match(phone.text(), /已预约/)
  await until('the answers are reported', async () => (await user()).permits.once.S1 === 1)
  await phone.tap(phone.button('pay'))
  await until('the payment is reported', async () => (await user()).permits.pay >= 1)
  await phone.app.push.flush()
  const { permits } = await user()
  assert.deepEqual([permits.form, permits.pay, permits.once], [2, 3, { S1: 1 }])
  assert.deepEqual(await since(before), { forms: 2, payments: 1, accepted: 1, rejected: 1 })
})

test('the first message reaches the phone', async () => {
  const message = { type: 'subscribe', template_id: 'S1', touser: OPENID, data: { thing1: { value: '晚间瑜伽' }, time2: { value: '19:30' } } }
  const { results } = await operator('POST', '/messages', message)
  assert.equal(results[0].status, 'sent')
  const ledger = await (await fetch(`${WECHAT}/_simulator/ledger?openid=${OPENID}`)).json()
  assert.deepEqual(ledger.messages.map(({ template_id }) => template_id), ['S1'])
})

test('a user who opted out gets none', async () => {
  const phone = start()
  phone.open('/pages/settings/index')
  await until('it has the settings', () => phone.page.data.busy === false)
  phone.change(phone.byClass('receive')[0], false)
  await until('it is saved', () => phone.page.data.note === '已保存')
  assert.equal((await user()).opt_out, true)
  const message = { type: 'template', template_id: 'T1', touser: OPENID, keywords: ['晚间瑜伽'] }
  const { results } = await operator('POST', '/messages', message)
  assert.deepEqual([results[0].status, results[0].reason], ['skipped', 'opted_out'])
})

test('what was tapped offline is there after a restart, once', async () => {
  const { form } = (await user()).permits
  const before = await wechat()
  const offline = start({ isOnline: false })
  for (const n of [0, 1, 2]) await offline.tap(offline.button('book', n))
  const phone = start()
  await until('all is uploaded', async () => (await user()).permits.form === form + 3)
  await phone.app.push.flush()
  assert.equal(phone.app.push.pending, 0)
  assert.equal((await since(before)).forms, 3)
})
