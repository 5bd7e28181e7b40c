import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryWorld } from '../phone/memory.mjs'
import { start } from './support/start.mjs'
import { turns } from './support/time.mjs'

const SHOP = 'https://shop.example.com'

/** minipush, and the shop's own server, which makes orders. */
function studio() {
  const world = new MemoryWorld()
  const { request } = world
  let orders = 0
  world.nextAsk.template_ids = ['S1']
  world.request = (option) => (option.url.startsWith(SHOP)
    ? Promise.resolve({ statusCode: 200, header: {}, data: { package: `prepay_id=wx${++orders}` } })
    : request.call(world, option))
  return world
}

const labels = (phone) => phone.byClass('label').map((each) => phone.text(each))
const tap = async (phone, name, n) => {
  await phone.tap(phone.button(name, n))
  await turns()
}

test('a class is booked, paid for and cancelled, and each tap is a permit', async () => {
  const world = studio()
  const phone = await start('example', { world })
  await tap(phone, 'book')
  assert.deepEqual(labels(phone), ['已预约', '预约', '预约'])
  assert.deepEqual(world.popups, [['S1']])
  await tap(phone, 'pay')
  assert.match(phone.text(), /已付款/)
  await tap(phone, 'cancel')
  assert.deepEqual(labels(phone), ['预约', '预约', '预约'])
  await phone.app.push.flush()
  const [one, ...others] = world.ids().map((id) => id.split(' ').at(-1)).sort()
  assert.deepEqual([one, ...others], ['F1', 'F2', 'F3', 'S1', 'prepay_id=wx1'])
})

test("without a server for payments, it says so", async () => {
  const phone = await start('example')
  const said = []
  phone.wx.showToast = ({ title }) => said.push(title)
  await tap(phone, 'book')
  await tap(phone, 'pay')
  assert.deepEqual(said, ['付款要接你自己的服务器'])
})

test('a user who switched subscriptions off is shown where the switch is', async () => {
  const world = Object.assign(studio(), { popupError: 20004 })
  const phone = await start('example', { world })
  await tap(phone, 'book')
  assert.equal(phone.page.data.canOpenSettings, true)
})

test('the settings are those of minipush', async () => {
  const world = studio()
  const phone = await start('example', { world })
  await phone.tap(phone.byClass('to-settings')[0])
  await turns()
  phone.change(phone.byClass('receive')[0], false)
  await turns()
  phone.change(phone.byClass('quiet-hours')[0], true)
  await turns()
  phone.change(phone.byClass('from')[0], '23:00')
  await turns()
  assert.deepEqual(world.settings, { opt_out: true, quiet_hours: { from: '23:00', to: '08:00', timezone: 'Asia/Shanghai' } })
  assert.match(phone.text(), /从 23:00.*已保存/)
  phone.wx.navigateBack()
  assert.match(phone.text(), /本周课程/)
})

test('settings that could not be saved go back', async () => {
  const world = studio()
  const phone = await start('example', { world })
  phone.open('/pages/settings/index')
  await turns()
  world.fate = () => '500'
  phone.change(phone.byClass('receive')[0], false)
  await turns()
  assert.equal(phone.byClass('receive')[0].data.checked, true)
  assert.match(phone.text(), /没有连上/)
})

test('what was booked offline is uploaded at the next start', async () => {
  const world = studio()
  const storage = new Map()
  const phone = await start('example', { world, storage })
  phone.wx.isOnline = false
  for (const n of [0, 1, 2]) await tap(phone, 'book', n)
  phone.kill()
  await start('example', { world, storage })
  assert.deepEqual(world.ids().filter((id) => id.startsWith('F')), ['F1', 'F2', 'F3'])
})
