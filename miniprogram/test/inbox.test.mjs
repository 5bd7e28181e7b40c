import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CentreWorld } from './support/centre.mjs'
import { install } from './support/start.mjs'
import { turns } from './support/time.mjs'

const DAY = 24 * 60

async function inbox(world = new CentreWorld()) {
  const phone = install('example', { world }).launch({ scene: 1001, path: 'pages/inbox/index' })
  await turns()
  return phone
}

const tap = async (phone, name, n = 0) => {
  await phone.tap(phone.byClass(name)[n])
  await turns()
}
const texts = (phone, name) => phone.byClass(name).map((each) => phone.text(each))
const titles = (phone) => texts(phone, 'title')

test('the newest message is first, and what is unread has a mark', async () => {
  const phone = await inbox(new CentreWorld().push('old', { minutes: 9, read: true }).push('new', { minutes: 1 }))
  assert.deepEqual(titles(phone), ['标题 new', '标题 old'])
  assert.equal(phone.byClass('mark').length, 1)
  assert.deepEqual(texts(phone, 'count'), ['1 条未读'])
})

test('an empty inbox says so', async () => {
  assert.match((await inbox()).text(), /还没有消息/)
})

test('ninety-nine stands for more', async () => {
  const world = new CentreWorld()
  for (let n = 0; n < 100; n += 1) world.push(`M${n}`)
  assert.deepEqual(texts(await inbox(world), 'count'), ['99+ 条未读'])
})

test('older messages come page by page', async () => {
  const world = new CentreWorld()
  for (let n = 0; n < 45; n += 1) world.push(`M${n}`, { minutes: n })
  const phone = await inbox(world)
  assert.equal(titles(phone).length, 20)
  await tap(phone, 'more')
  await tap(phone, 'more')
  assert.deepEqual(titles(phone), world.messages.map(({ title }) => title))
  assert.equal(phone.byClass('more').length, 0)
})

test('a page that is shown again has what is new, and keeps what was loaded', async () => {
  const world = new CentreWorld()
  for (let n = 0; n < 45; n += 1) world.push(`M${n}`, { minutes: n + 1 })
  const phone = await inbox(world)
  await tap(phone, 'more')
  phone.hide()
  world.push('new')
  phone.show()
  await turns()
  assert.deepEqual(titles(phone), world.messages.slice(0, 41).map(({ title }) => title))
  await tap(phone, 'more')
  assert.deepEqual(titles(phone), world.messages.map(({ title }) => title))
})

test('a message that was pushed again is on top, and there once', async () => {
  const world = new CentreWorld()
  for (let n = 0; n < 45; n += 1) world.push(`M${n}`, { minutes: n + 1 })
  const phone = await inbox(world)
  await tap(phone, 'more')
  phone.hide()
  world.replace('M30', { title: '又一次' })
  phone.show()
  await turns()
  assert.deepEqual(titles(phone), world.messages.slice(0, 40).map(({ title }) => title))
  await tap(phone, 'more')
  assert.deepEqual(titles(phone), world.messages.map(({ title }) => title))
})

for (const others of [19, 30]) {
  test(`when ${others} others and one of before are new, nothing between is left out`, async () => {
    const world = new CentreWorld()
    for (let n = 0; n < 25; n += 1) world.push(`M${n}`, { minutes: n + 60 })
    const phone = await inbox(world)
    phone.hide()
    for (let n = 0; n < others; n += 1) world.push(`N${n}`, { minutes: n + 1 })
    world.replace('M3', { title: '又一次', minutes: 50 })
    phone.show()
    await turns()
    while (phone.byClass('more').length) await tap(phone, 'more')
    assert.deepEqual(titles(phone), world.messages.map(({ title }) => title))
  })
}

test('what was deleted elsewhere is gone', async () => {
  const world = new CentreWorld()
  for (let n = 0; n < 30; n += 1) world.push(`M${n}`, { minutes: n + 1 })
  const phone = await inbox(world)
  await tap(phone, 'more')
  phone.hide()
  world.messages.splice(5, 1)
  phone.show()
  await turns()
  assert.deepEqual(titles(phone), world.messages.map(({ title }) => title))
})

test('who has deleted all that was shown gets the older ones', async () => {
  const world = new CentreWorld()
  for (let n = 0; n < 25; n += 1) world.push(`M${n}`, { minutes: n + 1 })
  const phone = await inbox(world)
  for (let n = 0; n < 20; n += 1) {
    await tap(phone, 'head')
    await tap(phone, 'delete')
  }
  assert.deepEqual(titles(phone), world.messages.map(({ title }) => title))
  assert.equal(titles(phone).length, 5)
})

/** A page of its own with the messages of one app, which it names in onLoad. */
async function inboxOf(appid, world) {
  const phone = install('test/fixture', { world }).launch({ scene: 1001, path: `pages/inbox/index?appid=${appid}` })
  await turns()
  return phone
}

const CAFE = { kind: 'app', appid: 'wxcafe', name: '咖啡馆' }

/** An app's messages behind `others` of another one. */
function behind(others, world = new CentreWorld()) {
  for (let n = 0; n < others; n += 1) world.push(`M${n}`, { minutes: n + 1 })
  return world.push('quiet', { minutes: others + 1, from: CAFE }).push('older', { minutes: others + 2, from: CAFE })
}

test('an inbox of one app has the messages of that app, also where the page names it late', async () => {
  const world = behind(3)
  const phone = await inboxOf('wxcafe', world)
  assert.deepEqual(titles(phone), ['标题 quiet', '标题 older'])
  await tap(phone, 'read-all')
  assert.deepEqual(world.messages.map(({ read }) => read), [false, false, false, true, true])
})

test('an inbox of another app begins anew', async () => {
  const phone = await inboxOf('wxcafe', behind(3))
  phone.page.setData({ appid: 'wxshop' })
  assert.deepEqual(titles(phone), [])
  await turns()
  assert.deepEqual(titles(phone), ['标题 M0', '标题 M1', '标题 M2'])
  phone.page.setData({ appid: '' })
  await turns()
  assert.equal(titles(phone).length, 5)
})

test('what failed for another app is not this one\'s failure', async () => {
  const world = behind(3)
  world.fate = ({ path, query }) => (path === '/me/inbox' && !query.includes('appid') ? '500' : 'ok')
  const phone = await inboxOf('wxcafe', world)
  assert.deepEqual(titles(phone), ['标题 quiet', '标题 older'])
  assert.deepEqual(phone.page.failures, [])
})

test("an inbox of one app counts that app's unread messages", async () => {
  const phone = await inboxOf('wxcafe', behind(3))
  assert.deepEqual(texts(phone, 'count'), ['2 条未读'])
  await tap(phone, 'head')
  assert.deepEqual(texts(phone, 'count'), ['1 条未读'])
  assert.deepEqual(phone.page.heard, [2, 1])
})

test('ninety-nine of one app stand for more, too', async () => {
  const world = new CentreWorld()
  for (let n = 0; n < 120; n += 1) world.push(`M${n}`, { minutes: n })
  assert.deepEqual(texts(await inboxOf('wxshop', world), 'count'), ['99+ 条未读'])
})

test('what is far behind the messages of others is found, and counted', async () => {
  const phone = await inboxOf('wxcafe', behind(1100))
  assert.deepEqual(texts(phone, 'count'), ['2 条未读'])
  assert.deepEqual(titles(phone), ['标题 quiet', '标题 older'])
  assert.equal(phone.byClass('more').length, 0)
})

test('a search ends some time, and does not say that there is nothing', async () => {
  const world = behind(2500)
  const phone = await inboxOf('wxcafe', world)
  const searched = () => world.of('GET /me/inbox').filter(({ query }) => query.includes('limit=20&') && query.includes('wxcafe')).length
  assert.equal(searched(), 10)
  assert.doesNotMatch(phone.text(), /还没有消息/)
  await tap(phone, 'more')
  assert.deepEqual(titles(phone), ['标题 quiet', '标题 older'])
  phone.hide()
  phone.show()
  await turns()
  assert.deepEqual(titles(phone), ['标题 quiet', '标题 older'])
  assert.equal(searched(), 23)
})

test('an app without messages says so after the search', async () => {
  assert.match((await inboxOf('wxnone', behind(230))).text(), /还没有消息/)
})

test('a message that is opened is read', async () => {
  const world = new CentreWorld().push('one').push('two', { minutes: 3 })
  const phone = await inbox(world)
  await tap(phone, 'head', 1)
  assert.deepEqual(texts(phone, 'text'), ['正文 two'])
  assert.deepEqual(world.of('POST /me/inbox/read').map(({ data }) => data), [{ ids: ['two'] }])
  assert.deepEqual(texts(phone, 'count'), ['1 条未读'])
  await tap(phone, 'head', 1)
  assert.deepEqual(texts(phone, 'text'), [])
  assert.equal(world.of('POST /me/inbox/read').length, 1)
})

test('a mark that minipush did not take comes back', async () => {
  const world = new CentreWorld().push('one')
  const phone = await inbox(world)
  world.fate = ({ path }) => (path === '/me/inbox/read' ? 'lost request' : 'ok')
  await tap(phone, 'head')
  assert.equal(phone.byClass('mark').length, 1)
})

test('all read ends at what the user has seen', async () => {
  const world = new CentreWorld().push('one', { minutes: 1 }).push('two', { minutes: 2 })
  const phone = await inbox(world)
  world.push('later', { minutes: 0.5 })
  await tap(phone, 'read-all')
  assert.deepEqual(world.messages.map(({ id, read }) => [id, read]), [['later', false], ['one', true], ['two', true]])
  assert.deepEqual(texts(phone, 'count'), ['1 条未读'])
  assert.equal(phone.byClass('mark').length, 0)
})

test('a message is deleted after a question', async () => {
  const world = new CentreWorld().push('one').push('two', { minutes: 1 })
  const phone = await inbox(world)
  await tap(phone, 'head')
  phone.wx.confirms = false
  await tap(phone, 'delete')
  assert.equal(world.messages.length, 2)
  phone.wx.confirms = true
  await tap(phone, 'delete')
  assert.deepEqual(titles(phone), ['标题 two'])
  assert.deepEqual(world.messages.map(({ id }) => id), ['two'])
})

const OUTCOMES = [
  [{ status: 'sent', channel: 'bark' }, '已通过Bark提醒'],
  [{ status: 'failed', channel: 'email', reason: 'provider_refused' }, '邮件提醒失败：对方服务拒绝发送'],
  [{ status: 'skipped', reason: 'quiet_hours' }, '没有提醒：正在免打扰时段'],
  [{ status: 'unknown', channel: 'sms' }, '已尝试通过短信提醒，是否送达无法确认'],
  [{ status: 'claimed' }, '正在提醒'],
  [{ status: 'skipped', reason: 'a_new_one' }, '没有提醒：a_new_one'],
]
for (const [reminder, said] of OUTCOMES) {
  test(`a reminder that is ${reminder.status} is told as it is: ${said}`, async () => {
    const phone = await inbox(new CentreWorld().push('one', { reminder }))
    await tap(phone, 'head')
    assert.deepEqual(texts(phone, 'reminder'), [said])
  })
}

test('a text that waits for its check is not there, and not read; a tap asks again', async () => {
  const world = new CentreWorld().push('one', { title: undefined, body: undefined, checked: false })
  const phone = await inbox(world)
  assert.deepEqual(texts(phone, 'note'), ['内容正在审核，通过后显示'])
  await tap(phone, 'head')
  assert.equal(world.of('POST /me/inbox/read').length, 0)
  Object.assign(world.messages[0], { checked: true, title: '已通过' })
  await tap(phone, 'head')
  assert.deepEqual(titles(phone), ['已通过'])
})

test('long texts go to the view one at a time', async () => {
  const world = new CentreWorld()
  for (let n = 0; n < 20; n += 1) world.push(`M${n}`, { minutes: n, body: `${n}${'长'.repeat(1300)}` })
  const phone = await inbox(world)
  await tap(phone, 'head', 7)
  assert.equal(texts(phone, 'text')[0], world.messages[7].body)
  const [component] = phone.all((node) => node.is.endsWith('push-inbox/index'))
  assert.ok(JSON.stringify(component.data).length < 20 * 500 + 1500, `${JSON.stringify(component.data).length} characters`)
})

const MARKDOWN = '## **Win** [here](https://shop.example/a_b)\n> `now`, 2 * 3'
const PLAIN = 'Win here https://shop.example/a_b\nnow, 2 * 3'
const TEXTS = [
  ['the body stands for Markdown', { body: 'PLAIN TEXT', markdown: MARKDOWN }, 'PLAIN TEXT'],
  ['Markdown without a body loses its marks, and keeps its addresses', { body: '', markdown: MARKDOWN }, PLAIN],
  ['Markdown that is the body as well loses its marks', { body: MARKDOWN, markdown: MARKDOWN }, PLAIN],
]
for (const [name, message, said] of TEXTS) {
  test(name, async () => {
    const phone = await inbox(new CentreWorld().push('one', message))
    assert.deepEqual(texts(phone, 'brief'), [said])
    await tap(phone, 'head')
    assert.deepEqual(texts(phone, 'text'), [said])
  })
}

test('a blocked text is hidden, and can be deleted', async () => {
  const world = new CentreWorld().push('one', { title: undefined, body: undefined, content_blocked: true })
  const phone = await inbox(world)
  assert.deepEqual(texts(phone, 'note'), ['内容未通过审核，已隐藏'])
  await tap(phone, 'head')
  await tap(phone, 'delete')
  assert.deepEqual(world.messages, [])
})

test('an address of the web is shown by its host, and copied whole', async () => {
  const url = 'https://bank.example@evil.example:8443/login?a=1#b'
  const phone = await inbox(new CentreWorld().push('one', { url }))
  await tap(phone, 'head')
  assert.deepEqual(texts(phone, 'host'), ['evil.example:8443'])
  await tap(phone, 'copy-url')
  assert.equal(phone.wx.clipboard, url)
})

for (const url of ['http://a.example/', 'javascript:alert(1)', 'weixin://dl/business', 'https://']) {
  test(`${url} is no address to offer`, async () => {
    const phone = await inbox(new CentreWorld().push('one', { url }))
    await tap(phone, 'head')
    assert.equal(phone.byClass('copy-url').length, 0)
  })
}

test('what a message has to copy is copied', async () => {
  const phone = await inbox(new CentreWorld().push('one', { copy: '8341' }))
  await tap(phone, 'head')
  await tap(phone, 'copy')
  assert.equal(phone.wx.clipboard, '8341')
})

test("a page is one of the sender's mini-program", async () => {
  const phone = await inbox(new CentreWorld().push('one', { page: 'pages/settings/index?from=push' }))
  const jumps = []
  phone.wx.jumped = ({ appId, path }) => jumps.push({ appId, path })
  await tap(phone, 'head')
  await tap(phone, 'to-page')
  assert.deepEqual(jumps, [{ appId: 'wxshop', path: 'pages/settings/index?from=push' }])
  assert.deepEqual(phone.wx.toasts, [])
})

test('a page of this mini-program opens without a jump', async () => {
  const phone = await inbox(new CentreWorld().push('one', { page: 'pages/settings/index?from=push' }))
  phone.wx.getAccountInfoSync = () => ({ miniProgram: { appId: 'wxshop' } })
  await tap(phone, 'head')
  await tap(phone, 'to-page')
  assert.match(phone.text(), /接收提醒/)
})

test('a page that does not open is said to be so', async () => {
  const phone = await inbox(new CentreWorld().push('one', { page: 'pages/gone/index' }))
  phone.wx.jumped = () => { throw { errMsg: 'navigateToMiniProgram:fail invalid appid' } }
  await tap(phone, 'head')
  await tap(phone, 'to-page')
  assert.deepEqual(phone.wx.toasts, ['打不开这个页面'])
})

test('who does not want to leave is told nothing', async () => {
  const phone = await inbox(new CentreWorld().push('one', { page: 'pages/order/index' }))
  phone.wx.confirms = false
  await tap(phone, 'head')
  await tap(phone, 'to-page')
  assert.deepEqual(phone.wx.toasts, [])
})

test('a sender without a mini-program has no page to open', async () => {
  const from = { kind: 'key', name: '家里的 NAS' }
  const phone = await inbox(new CentreWorld().push('one', { from, page: 'pages/order/index' }))
  await tap(phone, 'head')
  assert.equal(phone.byClass('to-page').length, 0)
})

test('a muted sender reminds no more', async () => {
  const world = new CentreWorld().push('one')
  world.bindings.push({ key: 'b9', appid: 'wxshop', level: 'strong' })
  const phone = await inbox(world)
  await tap(phone, 'head')
  await tap(phone, 'mute')
  assert.deepEqual(world.bindings[0].do_not_disturb, {})
  assert.match(phone.wx.toasts[0], /已静音/)
})

test('a sender that is not bound any more needs no muting', async () => {
  const phone = await inbox(new CentreWorld().push('one'))
  await tap(phone, 'head')
  await tap(phone, 'mute')
  assert.deepEqual(phone.wx.toasts, ['已解除绑定'])
})

test('a complaint has a category, and may have words', async () => {
  const world = new CentreWorld().push('one')
  const phone = await inbox(world)
  await tap(phone, 'head')
  await tap(phone, 'complaint')
  assert.equal(phone.byClass('category').length, 6)
  await tap(phone, 'complain')
  assert.deepEqual(phone.wx.toasts, ['请选择投诉原因'])
  phone.change(phone.byClass('categories')[0], 'fraud')
  phone.type(phone.byClass('words')[0], '假的中奖消息')
  await tap(phone, 'complain')
  assert.deepEqual(world.complaints, [{ message: 'one', status: 'open', category: 'fraud', text: '假的中奖消息' }])
  assert.equal(phone.byClass('form').length, 0)
})

test("only an app's message of the last thirty days can be complained about", async () => {
  const world = new CentreWorld()
    .push('mine', { from: { kind: 'key', name: '家里的 NAS' } })
    .push('ours', { minutes: 1, from: { kind: 'centre', name: '' } })
    .push('young', { minutes: 29 * DAY }).push('old', { minutes: 31 * DAY })
  const phone = await inbox(world)
  assert.deepEqual(texts(phone, 'from'), ['家里的 NAS', '消息中心', '晨光书店', '晨光书店'])
  const offers = []
  for (let n = 0; n < 4; n += 1) {
    await tap(phone, 'head', n)
    offers.push([phone.byClass('mute').length, phone.byClass('complaint').length])
  }
  assert.deepEqual(offers, [[0, 0], [0, 0], [1, 1], [1, 0]])
})

test('what failed says so, and changes nothing', async () => {
  const world = new CentreWorld().push('one')
  const phone = await inbox(world)
  await tap(phone, 'head')
  world.fate = () => '500'
  await tap(phone, 'delete')
  world.fate = () => 'lost answer'
  await tap(phone, 'mute')
  assert.deepEqual(phone.wx.toasts, ['没有成功，请稍后再试', '没有连上，请稍后再试'])
  assert.deepEqual(titles(phone), ['标题 one'])
})

test('an inbox that could not be loaded is loaded later, and at a tap', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const world = new CentreWorld().push('one')
  world.fate = ({ path }) => (path === '/me/inbox' ? '500' : 'ok')
  const phone = await inbox(world)
  assert.match(phone.text(), /没有连上，点这里重试/)
  await tap(phone, 'hint')
  assert.equal(world.of('GET /me/inbox').length, 2)
  world.fate = () => 'ok'
  t.mock.timers.tick(5000)
  await turns()
  assert.deepEqual(titles(phone), ['标题 one'])
})

test('a time to wait holds for the inbox', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const world = Object.assign(new CentreWorld(), { retryAfter: 60, fate: ({ path }) => (path === '/me/inbox' ? '429' : 'ok') })
  await inbox(world)
  t.mock.timers.tick(59_000)
  await turns()
  assert.equal(world.of('GET /me/inbox').length, 1)
  t.mock.timers.tick(8_000)
  await turns()
  assert.equal(world.of('GET /me/inbox').length, 2)
})

test('where there is no message centre, nobody asks again by himself', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const world = new CentreWorld()
  world.serve = (call) => (call.path === '/session' ? CentreWorld.prototype.serve.call(world, call) : { statusCode: 404, data: {} })
  await inbox(world)
  t.mock.timers.tick(600_000)
  await turns()
  assert.equal(world.of('GET /me/inbox').length, 1)
})

test('a session that has ended is renewed', async () => {
  const world = new CentreWorld().push('one')
  const phone = await inbox(world)
  world.tokens.clear()
  await tap(phone, 'head')
  assert.equal(world.messages[0].read, true)
  assert.equal(world.logins, 2)
})
