/**
 * The example's pages for the message centre, on a phone against a running stack: `API`, `WECHAT` and `KEY` say where, as
 * `make run` prints it. A third party's mini-program opens the example, binds the user and pushes.
 */
import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { LiveWorld } from '../phone/live.mjs'
import { complaints, Phone } from '../phone/phone.mjs'
import { Wx } from '../phone/wx.mjs'
import { CENTRE_DIST, DIST } from './support/program.mjs'

const { API, WECHAT, KEY } = process.env
const EXAMPLE = path.resolve(import.meta.dirname, '../example')
const HUB = 'wx5e1f0000c0ffee01' // the simulator's mini-program
const APP = `wx${Date.now().toString(16)}`
const OPENED = { appId: APP, path: '/pages/bind/app', extraData: { appName: '晨光书店', openid: 'o-there' } }
const world = new LiveWorld({ api: API, wechat: WECHAT, openid: `o-centre-${Date.now()}`, hosts: { 'http://127.0.0.1:3000': API } })
const answers = []
const phone = new Phone({ app: EXAMPLE, packages: { minipush: DIST, 'minipush-centre': CENTRE_DIST }, wx: new Wx({ world }) })
phone.wx.left = (extraData) => answers.push(extraData)
let secret = ''
after(() => {
  phone.kill()
  assert.deepEqual(complaints, [])
})

async function call(method, route, body, key = KEY) {
  const headers = { Authorization: `Bearer ${key}`, ...(body && { 'Content-Type': 'application/json' }) }
  const reply = await fetch(API + route, { method, headers, body: body && JSON.stringify(body) })
  const text = await reply.text()
  assert.ok(reply.ok, `${method} ${route}: ${reply.status} ${text}`)
  return text && JSON.parse(text)
}

const push = (message) => call('POST', '/centre/messages', { to: { key: answers[0].key }, level: 'weak', ...message }, secret)

async function until(what, isTrue) {
  for (let n = 0; n < 200; n += 1) {
    if (await isTrue()) return
    await sleep(50)
  }
  assert.fail(`never: ${what}; ${world.log.join(', ')}; ${phone.text()}`)
}

const shows = (what) => until(`it shows ${what}`, () => phone.text().includes(what))
const tap = (name, n = 0) => phone.tap(phone.byClass(name)[n])

async function open(page, shown) {
  phone.open(`/pages/${page}/index`)
  await shows(shown)
  await until('it is loaded', () => !phone.page.data.busy)
}

test('an app that nobody has registered gets no consent', async () => {
  phone.enter(OPENED)
  await until('it has its answer', () => answers.length === 1)
  assert.deepEqual(answers.splice(0), [{ bind: false, errMsg: 'bind:fail app_unknown' }])
})

test('the user consents under the registered name, and the third party gets its key', async () => {
  ;({ secret } = await call('POST', '/centre/apps', { appid: APP, name: '晨光书店旗舰店', summary: '新书到货提醒', contact: 'ops@shop.example' }))
  phone.enter(OPENED)
  await shows('对方自称“晨光书店”，登记的名称是“晨光书店旗舰店”')
  await tap('agree')
  await until('it has its answer', () => answers.length === 1)
  assert.deepEqual(answers, [{ key: answers[0].key, bind: true, errMsg: '' }])
})

test('binding again gives the same key', async () => {
  phone.enter(OPENED)
  await shows('允许它给你发消息')
  await tap('agree')
  await until('it has its answer', () => answers.length === 2)
  assert.deepEqual(answers[1], answers[0])
})

/** As the third party's back end makes it. */
function ticket() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: APP, sub: 'o-there', aud: HUB, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 300 }
  const signed = `${part({ alg: 'HS256' })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** minipush does what it is asked, and the phone never hears of it: once. */
function loseTheAnswerTo(route) {
  world.request = async (option) => {
    await LiveWorld.prototype.request.call(world, option)
    if (!option.url.endsWith(route) || option.method !== 'POST') throw new Error(`${option.method} ${option.url} is not ${route}`)
    delete world.request
    throw { errMsg: 'request:fail timeout' }
  }
}

test('a ticket that a lost answer has spent is no refusal', async () => {
  phone.enter({ ...OPENED, extraData: { ...OPENED.extraData, ticket: ticket() } })
  await shows('允许它给你发消息')
  loseTheAnswerTo('/me/bindings')
  await tap('agree')
  await shows('暂时无法绑定')
  await tap('agree')
  await until('it has its answer', () => answers.length === 3)
  assert.deepEqual(answers[2], answers[0])
  assert.deepEqual(world.log.slice(-4), ['POST /me/bindings 200', 'POST /me/bindings 409', 'GET /me/bindings 200', 'POST /me/bindings 200'])
})

test('what is pushed is in the inbox, and is read when it is opened', async () => {
  const { results } = await push({ title: '新书到货', body: '你关注的书到了', url: 'https://shop.example/book?id=7' })
  assert.equal(results[0].status, 'stored')
  await open('inbox', '新书到货')
  await shows('1 条未读')
  await tap('head')
  await shows('你关注的书到了')
  await shows('shop.example')
  await shows('没有未读消息')
})

test('all read and delete hold on the server', async () => {
  await push({ title: '第二条', body: '二' })
  await push({ title: '第三条', body: '三' })
  phone.hide()
  phone.show()
  await shows('第三条')
  await tap('read-all')
  await shows('没有未读消息')
  await tap('head')
  await shows('删除')
  await tap('delete')
  await until('it is gone', () => !phone.text().includes('第三条'))
  phone.hide()
  phone.show()
  await sleep(200)
  assert.match(phone.text(), /没有未读消息.*第二条.*新书到货/s)
  assert.doesNotMatch(phone.text(), /第三条/)
})

test('a complaint reaches the operators', async () => {
  await tap('head')
  await shows('投诉')
  await tap('complaint')
  phone.change(phone.byClass('categories')[0], 'advert')
  phone.type(phone.byClass('words')[0], '没有订过')
  await tap('complain')
  await until('it is taken', () => phone.wx.toasts.includes('投诉已提交'))
  const { items } = await call('GET', '/centre/complaints?status=open')
  assert.deepEqual(items.filter(({ appid }) => appid === APP).map(({ category, text, message }) => [category, text, message.title]), [['advert', '没有订过', '第二条']])
})

test('a muted app is muted, and an unbound one stores nothing', async () => {
  await tap('mute')
  await until('it is muted', () => phone.wx.toasts.some((each) => each.includes('已静音')))
  await open('bindings', '晨光书店旗舰店')
  assert.equal(phone.byClass('mute')[0].data.checked, true)
  await tap('unbind')
  await shows('还没有绑定其他小程序')
  const { results } = await push({ title: '还在吗', body: '？' })
  assert.deepEqual([results[0].status, results[0].reason], ['skipped', 'unbound'])
})

test("the user's own key pushes into the inbox", async () => {
  await open('keys', '新建')
  phone.type(phone.byClass('label')[0], '家里的 NAS')
  await tap('make')
  await shows('新密钥只显示这一次')
  await tap('copy-key')
  await until('it is copied', () => phone.wx.clipboard)
  const pushed = await (await fetch(`${API}/p/${phone.wx.clipboard}/${encodeURIComponent('备份')}/${encodeURIComponent('已完成')}?level=passive`)).json()
  assert.equal(pushed.code, 200)
  await open('inbox', '家里的 NAS')
  await tap('head')
  await shows('已完成')
})

test('the settings are kept', async () => {
  await open('channels', '勿扰')
  await tap('quiet-8')
  await shows('勿扰，到')
  await until('it is saved', () => !phone.page.data.busy)
  phone.change(phone.byClass('receipts')[0], true)
  await until('it is saved', () => phone.byClass('receipts')[0].data.checked)
  await open('channels', '勿扰，到')
  assert.equal(phone.byClass('receipts')[0].data.checked, true)
})
