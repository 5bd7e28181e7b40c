/** The example's pages for the message centre: channels, keys and bindings. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CentreWorld } from './support/centre.mjs'
import { start } from './support/start.mjs'
import { turns } from './support/time.mjs'

async function page(name, world = new CentreWorld()) {
  const phone = await start('example', { world })
  phone.open(`/pages/${name}/index`)
  await turns()
  return phone
}

const tap = async (phone, name, n = 0) => {
  await phone.tap(phone.byClass(name)[n])
  await turns()
}
const change = async (phone, name, value) => {
  phone.change(phone.byClass(name)[0], value)
  await turns()
}
const texts = (phone, name) => phone.byClass(name).map((each) => phone.text(each))
const note = (phone) => texts(phone, 'note').at(-1)

test('the settings lead to every page of the message centre', async () => {
  const phone = await page('settings')
  const shown = []
  for (let n = 0; n < 4; n += 1) {
    await tap(phone, 'link', n)
    shown.push(phone.text())
    phone.wx.navigateBack()
  }
  assert.deepEqual(shown.map((text) => /还没有消息|依次尝试|知道密钥|还没有绑定/.exec(text)?.[0]), ['还没有消息', '依次尝试', '知道密钥', '还没有绑定'])
})

test('a channel is on when its owner has typed the six digits that went there', async () => {
  const world = new CentreWorld()
  const phone = await page('channels', world)
  phone.type(phone.byClass('address')[0], ' F8QxyzABCvue ')
  phone.type(phone.byClass('secret')[0], '0123456789abcdef')
  await tap(phone, 'set')
  assert.deepEqual(world.of('PUT /me/channels/bark')[0].data, { address: 'F8QxyzABCvue', encryption: { key: '0123456789abcdef' } })
  assert.equal(note(phone), '验证码已发出，十分钟内有效')
  phone.type(phone.byClass('code')[0], '000000')
  await tap(phone, 'verify')
  assert.equal(note(phone), '验证码不对，或已过期')
  assert.deepEqual(world.centre.channels, [])
  phone.type(phone.byClass('code')[0], '482913')
  await tap(phone, 'verify')
  assert.equal(note(phone), '已启用')
  assert.deepEqual([world.centre.channels, world.channels[0].status], [['bark'], 'verified'])
})

for (const [fate, said] of [['401', '登录已失效，请重新打开小程序'], ['429', '次数太多，请稍后再试'], ['503', '服务暂时不可用，请稍后再试'], ['500', '没有成功，请稍后再试'], ['lost request', '没有成功，请稍后再试']]) {
  test(`a code that was not looked at is not called wrong: ${fate}`, async () => {
    const world = new CentreWorld()
    world.channels = [{ kind: 'email', address: 'a', status: 'pending' }]
    const phone = await page('channels', world)
    phone.type(phone.byClass('code')[0], '482913')
    world.fate = ({ path }) => (path.endsWith('/verify') ? fate : 'ok')
    await tap(phone, 'verify')
    assert.equal(note(phone), said)
    world.fate = () => 'ok'
    await tap(phone, 'verify')
    assert.equal(note(phone), '已启用')
  })
}

test("WeChat's own channels need no address", async () => {
  const world = new CentreWorld()
  const phone = await page('channels', world)
  await tap(phone, 'set', 3)
  assert.deepEqual(world.of('PUT /me/channels/official')[0].data, {})
  assert.deepEqual(world.centre.channels, ['official'])
})

test('a channel that did not come into the order is not used, and can still be', async () => {
  const world = new CentreWorld()
  world.channels = [{ kind: 'email', address: 'a', status: 'pending' }]
  const phone = await page('channels', world)
  phone.type(phone.byClass('code')[0], '482913')
  world.fate = ({ method, path }) => (method === 'PUT' && path === '/me/centre' ? '503' : 'ok')
  await tap(phone, 'verify')
  assert.match(texts(phone, 'status').join(), /未启用/)
  world.fate = () => 'ok'
  await tap(phone, 'use')
  assert.deepEqual(world.centre.channels, ['email'])
  assert.equal(phone.byClass('use').length, 0)
})

test('the order is changed by one step', async () => {
  const world = new CentreWorld()
  world.channels = ['bark', 'email'].map((kind) => ({ kind, address: 'F8', status: 'verified' }))
  world.centre.channels = ['email', 'bark']
  const phone = await page('channels', world)
  assert.deepEqual(texts(phone, 'name').slice(0, 2), ['邮件', 'Bark'])
  await tap(phone, 'up', 0)
  await tap(phone, 'up', 1)
  assert.deepEqual(world.centre.channels, ['bark', 'email'])
  assert.deepEqual(texts(phone, 'name').slice(0, 2), ['Bark', '邮件'])
  assert.equal(world.of('PUT /me/centre').length, 1)
})

test('a dead channel says so, and can be removed', async () => {
  const world = new CentreWorld()
  world.channels = [{ kind: 'email', address: 'a****@b.example', status: 'dead', reason: 'provider_refused' }]
  const phone = await page('channels', world)
  assert.match(texts(phone, 'status').join(), /a\*{4}@b\.example 已失效/)
  await tap(phone, 'remove')
  assert.deepEqual(world.channels, [])
})

test('a test goes out by one channel', async () => {
  const world = new CentreWorld()
  world.channels = [{ kind: 'email', address: 'a', status: 'verified' }]
  const phone = await page('channels', world)
  await tap(phone, 'test')
  assert.equal(world.of('POST /me/channels/email/test').length, 1)
})

test('do not disturb has an end, and can be ended before', async () => {
  const world = new CentreWorld()
  const phone = await page('channels', world)
  await tap(phone, 'quiet-8')
  const left = Date.parse(world.centre.do_not_disturb.until) - Date.now()
  assert.ok(Math.abs(left - 8 * 3_600_000) < 60_000, `${left} ms`)
  await tap(phone, 'quiet-off')
  assert.equal(world.centre.do_not_disturb, null)
})

test('do not disturb without an end is shown, and can be ended', async () => {
  const world = new CentreWorld()
  world.centre.do_not_disturb = {}
  const phone = await page('channels', world)
  assert.match(phone.text(), /勿扰，到你关闭为止/)
  await tap(phone, 'quiet-off')
  assert.equal(world.centre.do_not_disturb, null)
  assert.doesNotMatch(phone.text(), /勿扰，到/)
})

test('do not disturb that has ended is not shown', async () => {
  const world = new CentreWorld()
  world.centre.do_not_disturb = { until: new Date(Date.now() - 1000).toISOString() }
  assert.equal((await page('channels', world)).byClass('quiet-off').length, 0)
})

test('what an unknown outcome means, and whether senders hear of it, is for the user to say', async () => {
  const world = new CentreWorld()
  const phone = await page('channels', world)
  await change(phone, 'unknown', true)
  await change(phone, 'receipts', true)
  assert.deepEqual([world.centre.on_unknown, world.centre.receipts], ['stop', true])
})

test('a key is shown once, and copied', async () => {
  const world = new CentreWorld()
  const phone = await page('keys', world)
  await tap(phone, 'make')
  assert.equal(note(phone), '先给它起个名字')
  phone.type(phone.byClass('label')[0], '家里的 NAS')
  await tap(phone, 'make')
  assert.deepEqual(world.of('POST /me/keys').map(({ data }) => data), [{ label: '家里的 NAS' }])
  await tap(phone, 'copy-key')
  assert.equal(phone.wx.clipboard, 'kSecretSecretSecretSecret')
  await tap(phone, 'copy-url')
  assert.equal(phone.wx.clipboard, 'https://push.example.com/p/kSecretSecretSecretSecret')
  const again = await page('keys', world)
  assert.doesNotMatch(again.text(), /kSecret/)
})

test('two taps make one key', async () => {
  const world = new CentreWorld()
  const phone = await page('keys', world)
  phone.type(phone.byClass('label')[0], 'NAS')
  await Promise.all([phone.tap(phone.byClass('make')[0]), phone.tap(phone.byClass('make')[0])])
  await turns()
  assert.equal(world.keys.length, 1)
})

test('a key is paused, and deleted after a question', async () => {
  const world = new CentreWorld()
  world.keys = [{ id: 'id1', label: 'NAS', paused: false }]
  const phone = await page('keys', world)
  await change(phone, 'active', false)
  assert.equal(world.keys[0].paused, true)
  phone.wx.confirms = false
  await tap(phone, 'remove')
  assert.equal(world.keys.length, 1)
  phone.wx.confirms = true
  await tap(phone, 'remove')
  assert.deepEqual(world.keys, [])
})

test('a binding has a level, can be muted, and unbound', async () => {
  const world = new CentreWorld()
  world.bindings = [{ key: 'b1', appid: 'wxshop', name: '晨光书店', level: 'strong', do_not_disturb: null }]
  const phone = await page('bindings', world)
  await change(phone, 'mute', true)
  assert.deepEqual(world.bindings[0].do_not_disturb, {})
  await change(phone, 'mute', false)
  assert.equal(world.bindings[0].do_not_disturb, null)
  await change(phone, 'level', '1')
  assert.equal(world.bindings[0].level, 'weak')
  assert.match(phone.text(), /晨光书店.*只收消息/)
  await tap(phone, 'unbind')
  assert.deepEqual(world.bindings, [])
  assert.match(phone.text(), /还没有绑定/)
})

for (const [name, act] of [['channels', (phone) => change(phone, 'receipts', true)], ['keys', (phone) => change(phone, 'active', false)], ['bindings', (phone) => change(phone, 'mute', true)]]) {
  test(`what could not be saved says so and shows what holds: ${name}`, async () => {
    const world = new CentreWorld()
    world.keys = [{ id: 'id1', label: 'NAS', paused: false }]
    world.bindings = [{ key: 'b1', appid: 'wxshop', level: 'strong', do_not_disturb: null }]
    const phone = await page(name, world)
    world.fate = ({ method }) => (method === 'PUT' ? '500' : 'ok')
    await act(phone)
    assert.equal(note(phone), '没有成功，请稍后再试')
    assert.deepEqual([world.centre.receipts, world.keys[0].paused, world.bindings[0].do_not_disturb], [false, false, null])
  })
}
