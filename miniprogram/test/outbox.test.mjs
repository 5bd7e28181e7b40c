import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryWorld } from '../phone/memory.mjs'
import { names, Program } from './support/program.mjs'

const uploads = (world) => world.of('POST /collect').map(({ data }) => Object.values(data).flat().length)

test('five entries make an upload, and fewer wait', async () => {
  const program = new Program()
  program.collect(4)
  await program.settle()
  assert.deepEqual(program.world.calls, [])
  program.collect(5)
  await program.settle()
  assert.deepEqual(program.world.ids(), names(5))
  assert.equal(program.push.pending, 0)
})

test('an entry is held once, however often it comes', () => {
  const program = new Program()
  assert.deepEqual([program.push.collect('F1'), program.push.collect('F1')], [true, false])
  assert.equal(program.push.pending, 1)
})

test('an entry is in storage before it is sent, and until minipush has confirmed it', async () => {
  const program = new Program()
  const held = () => JSON.parse(program.storage.get('minipush.outbox.push.example.com')).entries.length
  program.world.fate = () => (assert.equal(held(), 1), 'lost answer')
  program.push.collect('F1')
  await program.push.flush()
  assert.equal(held(), 1)
  program.world.fate = () => 'ok'
  await program.push.flush()
  assert.equal(held(), 0)
})

test('what was collected offline arrives after a restart', async () => {
  const first = new Program()
  first.wx.isOnline = false
  first.collect(7)
  await first.settle()
  const second = first.restart()
  await second.settle()
  assert.deepEqual(second.world.ids(), names(7))
})

test('no call has more than a hundred entries, and one flush sends all', async () => {
  const program = new Program({ threshold: 1000 })
  program.collect(250)
  await program.push.flush()
  assert.deepEqual(uploads(program.world), [100, 100, 50])
})

test('one poisoned entry among 300 costs only itself', async () => {
  const program = new Program({ threshold: 1000 })
  program.collect(150)
  program.push.collect('poison')
  program.collect(150, 'G')
  await program.push.flush()
  assert.deepEqual(program.world.ids().sort(), [...names(150), ...names(150, 'G')].sort())
  assert.deepEqual(program.push.dropped, { mock: 0, expired: 0, overflow: 0, refused: 1 })
  assert.equal(program.push.pending, 0)
  const calls = program.world.calls.length
  assert.ok(calls < 30, `${calls} calls`)
  await program.time.pass(3_600_000)
  assert.equal(program.world.calls.length, calls)
})

test('an entry that somebody on the way refused twice arrives', async () => {
  const program = new Program()
  let refusals = 2
  program.world.fate = ({ path }) => (path === '/collect' && refusals-- > 0 ? '422' : 'ok')
  program.push.collect('F1')
  await program.push.flush()
  assert.deepEqual([program.world.ids(), program.push.dropped.refused], [['F1'], 0])
})

test('what is too large is sent in halves', async () => {
  const program = new Program({ threshold: 1000 })
  program.world.fate = ({ data }) => (data?.form_ids?.length > 10 ? '413' : 'ok')
  program.collect(100)
  await program.push.flush()
  assert.deepEqual(program.world.ids(), names(100))
})

test('reasons of minipush are counted, and a refusal of the user is no loss', async () => {
  const program = new Program()
  program.world.request = async ({ url }) => ({
    statusCode: 200, header: {},
    data: url.endsWith('/session')
      ? { token: 'T', expires_in: 3600, openid: 'anna' }
      : { stored: 1, rejected: ['expired', 'mock_form_id', 'too_many', 'malformed', 'not_accepted'].map((reason) => ({ pointer: '/form_ids/0', reason })) },
  })
  const uploaded = []
  program.push.on('uploaded', (event) => uploaded.push(event))
  program.collect(5)
  await program.settle()
  assert.deepEqual(program.push.dropped, { mock: 1, expired: 1, overflow: 0, refused: 2 })
  assert.deepEqual(uploaded, [{ entries: 5, stored: 1 }])
})

test('a page of somebody on the way confirms nothing', async () => {
  const program = new Program()
  const { request } = program.world
  program.world.request = async (option) => (option.url.endsWith('/collect') ? { statusCode: 200, header: {}, data: '<html>' } : request.call(program.world, option))
  program.push.collect('F1')
  await program.push.flush()
  assert.equal(program.push.pending, 1)
})

test('tries come later and later, at a time of each phone, and five minutes apart at most', async () => {
  const program = new Program()
  program.world.fate = () => '500'
  program.push.collect('F1')
  await program.push.flush()
  const waits = []
  for (let n = 0; n < 12; n += 1) {
    waits.push(program.time.waiting[0])
    await program.time.pass(waits.at(-1))
  }
  waits.forEach((wait, n) => {
    const full = Math.min(2000 * 2 ** n, 300_000)
    assert.ok(wait >= full / 2 && wait <= full, `${wait} ms after ${n + 1} failures`)
  })
})

test('nobody calls before the time that the server asked for, whatever happens meanwhile', async () => {
  const program = new Program()
  Object.assign(program.world, { fate: ({ path }) => (path === '/collect' ? '429' : 'ok'), retryAfter: 60 })
  program.collect(5)
  await program.settle()
  program.world.fate = () => 'ok'
  program.collect(20, 'G')
  program.wx.emit('AppShow')
  program.wx.emit('NetworkStatusChange', { isConnected: true })
  await program.time.pass(59_900)
  assert.deepEqual(uploads(program.world), [5])
  await program.time.pass(7000)
  assert.deepEqual(uploads(program.world), [5, 25])
})

test('an app that insists is not held up', async () => {
  const program = new Program()
  Object.assign(program.world, { fate: ({ path }) => (path === '/collect' ? '429' : 'ok'), retryAfter: 60 })
  program.collect(5)
  await program.settle()
  program.world.fate = () => 'ok'
  await program.push.flush()
  assert.equal(program.push.pending, 0)
})

for (const [what, wake] of [
  ['the mini-program is shown', ({ wx }) => wx.emit('AppShow')],
  ['the network is back', ({ wx }) => wx.emit('NetworkStatusChange', { isConnected: true })],
  ['five more taps came', (program) => program.collect(5, 'G')],
  ['the app calls its own server', ({ push }) => push.request({ url: 'https://shop.example.com/x' })],
]) {
  test(`a failed upload is tried again when ${what}`, async () => {
    const program = new Program()
    program.wx.isOnline = false
    program.collect(5)
    await program.settle()
    program.wx.isOnline = true
    wake(program)
    await program.settle()
    assert.equal(program.push.pending, 0)
  })
}

test('a network that is gone wakes nobody', async () => {
  const program = new Program()
  program.push.collect('F1')
  program.wx.emit('NetworkStatusChange', { isConnected: false })
  await program.settle()
  assert.deepEqual(program.world.calls, [])
})

test('hidden, it sends what it has at once, with five seconds for it', async () => {
  const program = new Program()
  const timeouts = []
  const { request } = program.world
  program.world.request = (option) => (timeouts.push(option.timeout), request.call(program.world, option))
  program.push.collect('F1')
  program.wx.emit('AppHide')
  await program.settle()
  assert.equal(program.push.pending, 0)
  assert.equal(timeouts.at(-1), 5000)
})

test('hidden for longer than that, it is silent until it is shown', async () => {
  const program = new Program()
  program.wx.isOnline = false
  program.push.collect('F1')
  program.wx.emit('AppHide')
  await program.time.pass(6000)
  program.wx.isOnline = true
  await program.time.pass(3_600_000)
  program.push.collect('F2')
  await program.push.flush()
  assert.deepEqual(uploads(program.world), [])
  program.wx.emit('AppShow')
  await program.settle()
  assert.deepEqual(program.world.ids(), ['F1', 'F2'])
})

test('no body says who the user is', async () => {
  const program = new Program({ world: Object.assign(new MemoryWorld(), { openid: 'o-anna' }) })
  program.collect(5)
  await program.push.change(await program.push.settings())
  await program.settle()
  assert.ok(program.world.of('PUT /me').length)
  assert.deepEqual(program.world.calls.filter(({ data }) => JSON.stringify(data ?? {}).includes('openid')), [])
})

test('a payment is sent at once, with or without its prefix', async () => {
  const program = new Program()
  program.push.pay('prepay_id=wx1')
  await program.settle()
  assert.deepEqual(program.world.of('POST /collect')[0].data, { prepay_ids: [{ prepay_id: 'prepay_id=wx1' }] })
  program.push.pay(undefined)
  assert.equal(program.push.dropped.mock, 1)
})

test("an app's mistake stops no upload", async (t) => {
  t.mock.method(console, 'error', () => {})
  const program = new Program()
  program.push.on('uploaded', () => { throw new Error('a mistake') })
  const end = program.push.on('uploaded', () => assert.fail('ended'))
  end()
  program.collect(5)
  await program.settle()
  assert.equal(program.push.pending, 0)
  assert.equal(console.error.mock.callCount(), 1)
})
