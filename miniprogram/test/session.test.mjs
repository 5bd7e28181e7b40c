import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Program } from './support/program.mjs'
import { turns } from './support/time.mjs'

const BASE = 'https://push.example.com'

test('twenty first calls share one login', async () => {
  const { push, world } = new Program()
  await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? push.settings() : push.login())))
  assert.equal(world.logins, 1)
})

test('a storm of 401s is one renewal', async () => {
  const { push, world } = new Program()
  await push.login()
  world.tokens.clear()
  const all = await Promise.all(Array.from({ length: 20 }, () => push.settings()))
  assert.equal(world.logins, 2)
  assert.equal(all.length, 20)
})

test('a 401 that comes late finds the session renewed', async () => {
  const { push, world } = new Program()
  await push.login()
  const { request } = world
  let isHeld = true
  let release
  world.request = async (option) => {
    const reply = await request.call(world, option)
    if (isHeld) {
      isHeld = false
      await new Promise((resolve) => { release = resolve })
    }
    return reply
  }
  world.tokens.clear()
  const late = push.settings()
  await turns()
  await push.settings()
  release()
  await late
  assert.equal(world.logins, 2)
})

test('a login that is refused does not loop', async () => {
  const program = new Program()
  program.world.fate = () => '401'
  program.collect(5)
  await program.settle()
  assert.deepEqual([program.world.logins, program.world.calls.length], [1, 1])
  await assert.rejects(program.push.login(), { statusCode: 401 })
  await program.time.pass(60_000)
  assert.ok(program.world.logins < 9, `${program.world.logins} logins`)
})

test('a session that is refused even when new does not loop', async () => {
  const program = new Program()
  program.world.fate = ({ path }) => (path === '/collect' ? '401' : 'ok')
  program.collect(5)
  await program.settle()
  assert.equal(program.world.logins, 2)
  assert.equal(program.push.pending, 5)
})

test('each login has a code of its own', async () => {
  const program = new Program()
  program.world.fate = () => 'lost answer'
  await program.push.login().catch(() => {})
  program.world.fate = () => 'ok'
  assert.equal(await program.push.login(), 'anna')
  assert.deepEqual(program.world.of('POST /session').map(({ data }) => data.code), ['code-1', 'code-2'])
})

test('the session is renewed before it ends', async () => {
  const program = new Program()
  await program.push.login()
  await program.time.pass(0.89 * 86_400_000)
  await program.push.settings()
  assert.equal(program.world.logins, 1)
  await program.time.pass(0.02 * 86_400_000)
  await program.push.settings()
  assert.equal(program.world.logins, 2)
})

test('a new start asks who the user is', async () => {
  const first = new Program()
  await first.push.login()
  first.world.openid = 'bob'
  assert.equal(await first.restart().push.login(), 'bob')
})

test('the waiting time of a login holds for uploads', async () => {
  const program = new Program()
  Object.assign(program.world, { fate: () => '429', retryAfter: 30 })
  program.collect(5)
  await program.settle()
  await program.time.pass(29_900)
  assert.equal(program.world.calls.length, 1)
})

test('nothing that an app calls and forgets is an unhandled rejection', async (t) => {
  const unhandled = []
  const note = (error) => unhandled.push(error)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  const program = new Program()
  program.wx.isOnline = false
  const { push } = program
  push.login()
  push.settings()
  push.change({ opt_out: true })
  push.flush()
  push.prepareAsk()
  push.ask(['S1'])
  push.collect({})
  push.pay(null)
  push.request({ url: '/me' })
  await program.settle()
  assert.deepEqual(unhandled, [])
})

test('settings are read, and changed by PUT', async () => {
  const { push, world } = new Program()
  assert.equal((await push.settings()).opt_out, false)
  const quiet_hours = { from: '22:00', to: '08:00', timezone: 'Asia/Shanghai' }
  assert.deepEqual(await push.change({ opt_out: true, quiet_hours }), { openid: 'anna', opt_out: true, quiet_hours })
  assert.deepEqual(world.of('PUT /me')[0].data, { opt_out: true, quiet_hours })
  await push.change({ quiet_hours: null })
  assert.deepEqual(world.of('PUT /me')[1].data, { quiet_hours: null })
})

test('settings that are refused say why', async () => {
  const { push, world } = new Program()
  world.fate = ({ method }) => (method === 'PUT' ? '422' : 'ok')
  await assert.rejects(push.change({ opt_out: true }), { errMsg: 'minipush: 422', statusCode: 422 })
})

test("an app's own call has the session, and wx.request's callbacks", async () => {
  const program = new Program()
  const { push, world } = program
  const told = []
  const option = { method: 'POST', data: { class: 7 }, header: { 'X-Mine': '1' }, success: ({ statusCode }) => told.push(statusCode), complete: () => told.push('complete') }
  await push.request({ url: `${BASE}/me`, ...option })
  assert.deepEqual(told, [200, 'complete'])
  assert.equal(world.calls.at(-1).openid, 'anna')
  assert.deepEqual(world.calls.at(-1).data, { class: 7 })
})

test('a path is one of minipush, and a 401 renews the session', async () => {
  const { push, world } = new Program()
  await push.login()
  world.tokens.clear()
  let data
  await push.request({ url: '/me', success: (reply) => { data = reply.data } })
  assert.equal(data.openid, 'anna')
})

test('a call that fails is told to `fail`', async () => {
  const program = new Program()
  program.wx.isOnline = false
  const told = []
  await program.push.request({ url: '/me', fail: ({ errMsg }) => told.push(errMsg), complete: () => told.push('complete') })
  assert.deepEqual(told, ['request:fail ', 'complete'])
})

test('a callback that throws is shown, and rejects nothing', async (t) => {
  t.mock.method(console, 'error', () => {})
  const { push } = new Program()
  await push.request({ url: '/me', success() { throw new Error('a mistake') } })
  assert.equal(console.error.mock.callCount(), 1)
})

test('a release speaks https', () => {
  assert.throws(() => new Program({ baseUrl: 'http://push.example.com' }), /release/)
  for (const baseUrl of ['push.example.com', 'http://localhost.example.com', '', null, {}, 7]) assert.throws(() => new Program({ baseUrl }))
  new Program({ baseUrl: 'http://127.0.0.1:3000' })
  new Program({ baseUrl: 'http://push.example.com', envVersion: 'develop' })
})

test('each kind of release may have its own address', async () => {
  const baseUrl = { develop: 'http://d.example.com', trial: 'https://t.example.com', release: 'https://r.example.com' }
  for (const envVersion of ['develop', 'trial', 'release']) {
    const { push, storage } = new Program({ baseUrl, envVersion })
    push.collect('F1')
    assert.deepEqual([...storage.keys()], [`minipush.outbox.${envVersion[0]}.example.com`])
  }
})

test('pages find what app.js has set up', () => {
  const { kit, push } = new Program()
  assert.equal(kit.minipush(), push)
})

test('a client that lacks what is newer does what it can', async () => {
  const newer = ['getAccountInfoSync', 'getAppBaseInfo', 'onAppShow', 'onAppHide', 'onNetworkStatusChange', 'requestSubscribeMessage']
  const program = new Program({ prepare: (wx) => newer.forEach((name) => { wx[name] = undefined }) })
  program.collect(5)
  await program.settle()
  assert.deepEqual(await program.push.prepareAsk(), [])
  assert.deepEqual(await program.push.ask(['S1']), {})
  assert.equal(program.push.pending, 0)
  assert.equal(program.world.of('GET /me/next-ask')[0].query, '')
})
