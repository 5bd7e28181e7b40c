import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CentreWorld } from './support/centre.mjs'
import { install, start } from './support/start.mjs'
import { turns } from './support/time.mjs'

const PAGE = '/pages/bind/app'
const OPENED = { appId: 'wxshop', path: PAGE, extraData: { appName: '晨光书店', openid: 'o-there', ticket: 'T1' } }

/** The message centre's mini-program on a phone, opened by a third party. What goes back to that is in `answers`. */
async function opened({ world = new CentreWorld(), phone = install('example', { world }), ...entry } = {}) {
  phone.answers ??= []
  phone.wx.left = (extraData) => phone.answers.push(extraData)
  phone.enter({ ...OPENED, ...entry })
  await turns()
  return phone
}

const tap = async (phone, name) => {
  await phone.tap(phone.byClass(name)[0])
  await turns()
}

test('the user sees the registered name, consents, and the third party gets its key', async () => {
  const world = new CentreWorld()
  const phone = await opened({ world })
  assert.match(phone.text(), /晨光书店.*新书到货提醒.*允许它给你发消息？/)
  assert.equal(phone.byClass('other').length, 0)
  await tap(phone, 'agree')
  assert.deepEqual(world.of('POST /me/bindings')[0].data, { appid: 'wxshop', openid: 'o-there', ticket: 'T1', level: 'strong' })
  assert.deepEqual(phone.answers, [{ key: 'b1', bind: true, errMsg: '' }])
  assert.match(phone.text(), /已绑定晨光书店/)
})

test('what the third party calls itself stands beside its registered name where it differs', async () => {
  const phone = await opened({ extraData: { appName: '微信支付', openid: 'o-there' } })
  assert.match(phone.text(), /对方自称“微信支付”，登记的名称是“晨光书店”/)
})

test('a name that is no text is no name', async () => {
  const phone = await opened({ extraData: { appName: { toString: 1 }, openid: 'o-there' } })
  assert.equal(phone.byClass('other').length, 0)
})

test('an openid that is no text is missing', async () => {
  const phone = await opened({ extraData: { openid: 7, ticket: { alg: 'none' } } })
  await tap(phone, 'agree')
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail openid_missing' }])
})

test('what minipush cannot take at all is not tried again', async () => {
  const world = new CentreWorld()
  const phone = await opened({ world })
  world.fate = ({ path }) => (path === '/me/bindings' ? '422' : 'ok')
  await tap(phone, 'agree')
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail unavailable' }])
})

test('the level is what the user chooses', async () => {
  const world = new CentreWorld()
  const phone = await opened({ world })
  phone.change(phone.byClass('levels')[0], 'weak')
  await tap(phone, 'agree')
  assert.equal(world.bindings[0].level, 'weak')
})

test('without a ticket, none is sent', async () => {
  const world = new CentreWorld()
  const phone = await opened({ world, extraData: { openid: 'o-there' } })
  await tap(phone, 'agree')
  assert.deepEqual(world.of('POST /me/bindings')[0].data, { appid: 'wxshop', openid: 'o-there', level: 'strong' })
})

test('cancelling calls nobody, and says so', async () => {
  const world = new CentreWorld()
  const phone = await opened({ world })
  await tap(phone, 'cancel')
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail cancelled' }])
  assert.equal(world.of('POST /me/bindings').length, 0)
})

for (const reason of ['app_banned', 'invalid_ticket', 'ticket_used', 'openid_missing', 'too_many_bindings', 'unavailable']) {
  test(`a refusal is handed back as it is: ${reason}`, async () => {
    const phone = await opened({ world: Object.assign(new CentreWorld(), { bindRefusal: reason }) })
    await tap(phone, 'agree')
    assert.deepEqual(phone.answers, [{ bind: false, errMsg: `bind:fail ${reason}` }])
    assert.match(phone.byClass('message').map((each) => phone.text(each)).join(), /绑定|小程序/)
  })
}

test('an app that nobody has registered is told so before any question', async () => {
  const phone = await opened({ appId: 'wxstranger' })
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail app_unknown' }])
  assert.match(phone.text(), /还没有登记/)
  assert.equal(phone.byClass('agree').length, 0)
})

test('a banned app gets no question', async () => {
  const world = new CentreWorld()
  world.apps.get('wxshop').status = 'banned'
  const phone = await opened({ world })
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail app_banned' }])
  assert.equal(phone.byClass('agree').length, 0)
})

test('two taps are one binding', async () => {
  const world = new CentreWorld()
  const phone = await opened({ world })
  const [agree] = phone.byClass('agree')
  await Promise.all([agree, agree, agree].map((each) => phone.tap(each, { isFast: true })))
  await turns()
  assert.equal(world.of('POST /me/bindings').length, 1)
  assert.equal(phone.answers.length, 1)
})

test('a tap on cancel during the call does not take it back', async () => {
  const world = new CentreWorld()
  const phone = await opened({ world })
  const cancel = phone.byClass('cancel')[0]
  await phone.tap(phone.byClass('agree')[0])
  await phone.tap(cancel, { isFast: true })
  await turns()
  assert.deepEqual(phone.answers, [{ key: 'b1', bind: true, errMsg: '' }])
})

test('a lost answer can be tried again, and is one binding', async () => {
  const world = new CentreWorld()
  const phone = await opened({ world })
  world.fate = ({ path }) => (path === '/me/bindings' ? 'lost answer' : 'ok')
  await tap(phone, 'agree')
  assert.deepEqual(phone.answers, [])
  assert.match(phone.text(), /暂时无法绑定/)
  world.fate = () => 'ok'
  await tap(phone, 'agree')
  assert.deepEqual(phone.answers, [{ key: 'b1', bind: true, errMsg: '' }])
  assert.equal(world.bindings.length, 1)
})

for (const status of ['401', '429', '500', '503']) {
  test(`a ${status} is not the last word, whatever it tells the third party`, async () => {
    const world = new CentreWorld()
    const phone = await opened({ world })
    world.fate = ({ path }) => (path === '/me/bindings' ? status : 'ok')
    await tap(phone, 'agree')
    assert.deepEqual(phone.answers, [])
    assert.match(phone.text(), /暂时无法绑定/)
    world.fate = () => 'ok'
    await tap(phone, 'agree')
    assert.deepEqual(phone.answers, [{ key: 'b1', bind: true, errMsg: '' }])
  })
}

/** The answer to the first try is lost. `before`: what happens until the second one. */
async function triedTwice(before, world = new CentreWorld()) {
  const phone = await opened({ world })
  world.fate = ({ path }) => (path === '/me/bindings' ? 'lost answer' : 'ok')
  await tap(phone, 'agree')
  world.fate = () => 'ok'
  before(world)
  await tap(phone, 'agree')
  return phone
}

test('a ticket that a lost answer has spent is no refusal', async () => {
  const phone = await triedTwice((world) => assert.deepEqual([...world.tickets], ['T1']))
  assert.deepEqual(phone.answers, [{ key: 'b1', bind: true, errMsg: '' }])
})

test('the level of the second try holds', async () => {
  const world = new CentreWorld()
  const phone = await opened({ world })
  world.fate = ({ path }) => (path === '/me/bindings' ? 'lost answer' : 'ok')
  await tap(phone, 'agree')
  world.fate = () => 'ok'
  phone.change(phone.byClass('levels')[0], 'weak')
  await tap(phone, 'agree')
  assert.deepEqual([world.bindings[0].level, world.bindings[0].confirmed], ['weak', true])
})

test('a spent ticket is a refusal where it has bound somebody else', async () => {
  const phone = await triedTwice((world) => { world.bindings = [] })
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail ticket_used' }])
})

test('a spent ticket is a refusal where the binding is not confirmed', async () => {
  const phone = await triedTwice((world) => { world.bindings[0].confirmed = false })
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail ticket_used' }])
})

test('a spent ticket is a refusal at the first try, bound or not', async () => {
  const world = new CentreWorld()
  await opened({ world }).then((phone) => tap(phone, 'agree'))
  const phone = await opened({ world })
  await tap(phone, 'agree')
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail ticket_used' }])
})

test('who cannot look whether the ticket has bound can try once more', async () => {
  const world = new CentreWorld()
  const phone = await triedTwice(() => { world.fate = ({ method }) => (method === 'GET' ? '500' : 'ok') }, world)
  assert.deepEqual(phone.answers, [])
  world.fate = () => 'ok'
  await tap(phone, 'agree')
  assert.deepEqual(phone.answers, [{ key: 'b1', bind: true, errMsg: '' }])
})

/** The first try is lost as `fate` says, and then the user cancels. */
async function cancelledAfter(fate, before = () => undefined, world = new CentreWorld()) {
  const phone = await opened({ world })
  world.fate = ({ path }) => (path === '/me/bindings' ? fate : 'ok')
  await tap(phone, 'agree')
  world.fate = () => 'ok'
  before(world)
  await tap(phone, 'cancel')
  return phone
}

test('who cancels after a lost answer is bound, and the third party gets the key', async () => {
  const world = new CentreWorld()
  const phone = await cancelledAfter('lost answer', undefined, world)
  assert.deepEqual(phone.answers, [{ key: 'b1', bind: true, errMsg: '' }])
  assert.match(phone.text(), /已绑定晨光书店/)
  assert.equal(world.of('POST /me/bindings').length, 1)
})

test('who cancels after a lost request has cancelled', async () => {
  const phone = await cancelledAfter('lost request', (world) => world.bindings.push({ key: 'b7', appid: 'wxother' }))
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail cancelled' }])
  assert.match(phone.text(), /已取消绑定/)
})

test('where nobody knows whether it has bound, nobody says that it was cancelled', async () => {
  const phone = await cancelledAfter('lost answer', (world) => { world.fate = () => '500' })
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail unavailable' }])
  assert.doesNotMatch(phone.text(), /已取消/)
})

test('a request that comes while the last one is looked up is not answered for it', async () => {
  const world = new CentreWorld()
  world.apps.set('wxother', { appid: 'wxother', name: '别的店', status: 'active' })
  const phone = await opened({ world })
  world.fate = ({ path }) => (path === '/me/bindings' ? 'lost answer' : 'ok')
  await tap(phone, 'agree')
  await phone.tap(phone.byClass('cancel')[0])
  await opened({ phone, appId: 'wxother', extraData: { openid: 'o-other' } })
  assert.deepEqual(phone.answers, [])
})

test('offline, the user can try again or go back', async () => {
  const world = Object.assign(new CentreWorld(), { fate: ({ path }) => (path.startsWith('/centre') ? 'lost request' : 'ok') })
  const phone = await opened({ world })
  await tap(phone, 'retry')
  assert.equal(phone.byClass('agree').length, 0)
  world.fate = () => 'ok'
  await tap(phone, 'retry')
  assert.equal(phone.byClass('agree').length, 1)
})

test('who goes back offline says that it was unavailable', async () => {
  const phone = await opened({ world: Object.assign(new CentreWorld(), { fate: () => '500' }) })
  await tap(phone, 'back')
  assert.deepEqual(phone.answers, [{ bind: false, errMsg: 'bind:fail unavailable' }])
})

test('opened without a third party, it explains itself', async () => {
  const world = new CentreWorld()
  const phone = install('example', { world }).launch({ scene: 1001, path: PAGE.slice(1) })
  await turns()
  assert.match(phone.text(), /请从要绑定的小程序里打开/)
  assert.deepEqual(world.calls, [])
})

test('some clients tell of no caller at all', async () => {
  const phone = install('example', { world: new CentreWorld() }).launch({ scene: 1037, path: PAGE.slice(1), referrerInfo: {} })
  await turns()
  assert.match(phone.text(), /请从要绑定的小程序里打开/)
})

test('a return from the background goes on with the question', async () => {
  const phone = await opened()
  phone.change(phone.byClass('levels')[0], 'weak')
  phone.hide()
  phone.show({ scene: 1089, path: PAGE.slice(1), referrerInfo: {} })
  await turns()
  assert.equal(phone.byClass('agree').length, 1)
  assert.equal(phone.all((node) => node.is === 'wx-radio' && node.data.checked)[0].data.value, 'weak')
})

test('a running mini-program is asked by the next third party', async () => {
  const world = new CentreWorld()
  world.apps.set('wxother', { appid: 'wxother', name: '别的店', status: 'active' })
  const phone = await opened({ world })
  await tap(phone, 'agree')
  await opened({ phone, appId: 'wxother', extraData: { openid: 'o-other' } })
  await tap(phone, 'agree')
  assert.deepEqual(phone.answers.map(({ key }) => key), ['b1', 'b2'])
  assert.equal(world.of('POST /me/bindings')[1].data.openid, 'o-other')
})

test('a question that has its answer is not asked again', async () => {
  const phone = await opened()
  await tap(phone, 'cancel')
  phone.open(PAGE)
  await turns()
  assert.match(phone.text(), /请从要绑定的小程序里打开/)
})

test('a third party that opens another page asks for nothing', async () => {
  const phone = await opened({ path: '/pages/classes/index' })
  phone.open(PAGE)
  await turns()
  assert.match(phone.text(), /请从要绑定的小程序里打开/)
})

test('where WeChat does not go back by itself, the user is told', async () => {
  const phone = await opened()
  phone.wx.referrer = ''
  await tap(phone, 'agree')
  assert.match(phone.text(), /请手动回到原来的小程序/)
})

test('from a tap in the third party to its own App.onShow', async () => {
  const world = new CentreWorld()
  const hub = install('example', { world })
  const shop = await start('test/fixture/shop')
  shop.wx.jumped = (option) => hub.enter({ ...option, appId: 'wxshop' })
  hub.wx.left = (extraData) => shop.show({ scene: 1038, referrerInfo: { appId: 'wxhub', extraData } })
  await shop.tap(shop.byClass('bind')[0])
  await turns()
  await tap(hub, 'agree')
  assert.match(shop.text(), /绑定成功 b1/)
})

test('without a tap, no mini-program opens another', async () => {
  const shop = await start('test/fixture/shop')
  const jumps = []
  shop.wx.jumped = (option) => jumps.push(option)
  shop.page.onBind()
  await turns()
  assert.deepEqual(jumps, [])
})
