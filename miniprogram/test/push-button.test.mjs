import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { DIST, names } from './support/program.mjs'
import { MemoryWorld } from '../phone/memory.mjs'
import { inside, start } from './support/start.mjs'
import { turns } from './support/time.mjs'

const FIXTURE = 'test/fixture'
const asking = () => Object.assign(new MemoryWorld(), { nextAsk: { template_ids: ['S1', 'S2'], long_term: false } })

test('a thousand taps are a thousand formIds, and each keeps its own action', async () => {
  const phone = await start(FIXTURE)
  const button = inside(phone, 'plain')
  for (let n = 0; n < 1000; n += 1) assert.equal(await phone.tap(button), 'submitted')
  const { log } = phone.page
  assert.deepEqual(log.filter((_, n) => n % 2 === 0), Array(1000).fill('tap'))
  assert.deepEqual(log.filter((_, n) => n % 2 === 1).map(({ formId }) => formId), names(1000))
})

test('the event says what became of the tap', async () => {
  const phone = await start(FIXTURE)
  await phone.tap(inside(phone, 'plain'))
  assert.deepEqual(phone.page.log[1], { formId: 'F1', collected: true, value: {}, scene: 'plain' })
  assert.equal(phone.app.push.pending, 1)
})

test('the popup opens in the turn of the tap', async () => {
  const world = asking()
  const phone = await start(FIXTURE, { world })
  await phone.tap(inside(phone, 'asking'))
  await turns()
  assert.deepEqual(world.popups, [['S1', 'S2']])
  assert.deepEqual(phone.page.log[0], 'tap')
  assert.deepEqual(phone.page.log.at(-1), ['answers', { answers: { S1: 'accept', S2: 'accept' }, scene: 'asking' }])
})

test('named templates are asked for in place of the prepared ones', async () => {
  const world = asking()
  const phone = await start(FIXTURE, { world })
  await phone.tap(inside(phone, 'named'))
  await turns()
  assert.deepEqual(world.popups, [['T7']])
})

test('only a button with `ask` asks', async () => {
  const world = asking()
  const phone = await start(FIXTURE, { world })
  await phone.tap(inside(phone, 'plain'))
  await turns()
  assert.deepEqual(world.popups, [])
})

test('no popup, no answers', async () => {
  const phone = await start(FIXTURE)
  await phone.tap(inside(phone, 'asking'))
  await turns()
  assert.deepEqual(phone.page.log.filter(Array.isArray), [])
})

test('a user who switched subscriptions off is told where the switch is', async () => {
  const world = Object.assign(asking(), { popupError: 20004 })
  const phone = await start(FIXTURE, { world })
  await phone.tap(inside(phone, 'asking'))
  await turns()
  assert.deepEqual(phone.page.log.at(-1), ['refused', { code: 20004, canOpenSettings: true }])
})

test('a banned template is refused, and reported like any answer', async () => {
  const world = Object.assign(asking(), { choices: { S2: 'ban' } })
  const phone = await start(FIXTURE, { world })
  await phone.tap(inside(phone, 'asking'))
  await turns()
  assert.deepEqual(phone.page.log.at(-1), ['refused', { code: 'ban', canOpenSettings: false }])
  assert.deepEqual(world.of('POST /collect')[0].data.subscriptions.map(({ result }) => result), ['accept', 'ban'])
})

test('seven texts that are no formId go nowhere, and each tap counts', async () => {
  const world = new MemoryWorld()
  const texts = [
    'the formId is a mock one', 'requestFormId:fail deprecated', '', undefined, null, 'undefined',
    'the formId is no longer available in develop or trial version of this mini program',
  ]
  world.formId = async () => texts[world.taps++]
  const phone = await start(FIXTURE, { world })
  for (let n = 0; n < texts.length; n += 1) await phone.tap(inside(phone, 'plain'))
  await phone.app.push.flush()
  assert.equal(phone.page.log.filter((each) => each === 'tap').length, 7)
  assert.deepEqual(phone.page.log.filter((each) => each.collected === false).length, 7)
  assert.deepEqual(world.of('POST /collect'), [])
  assert.equal(phone.app.push.dropped.mock, 7)
})

for (const envVersion of ['devtools', 'develop', 'trial']) {
  test(`${envVersion} gives no formIds, and the app works all the same`, async () => {
    const phone = await start(FIXTURE, { envVersion })
    await phone.tap(inside(phone, 'plain'))
    assert.equal(phone.page.log[0], 'tap')
    assert.equal(phone.app.push.dropped.mock, 1)
  })
}

test('without report, it is a plain button', async () => {
  const phone = await start(FIXTURE)
  await phone.tap(inside(phone, 'unreported'))
  assert.deepEqual(phone.page.log, ['tap'])
  assert.equal(phone.app.push.dropped.mock, 0)
})

test('a disabled button does nothing', async () => {
  const world = asking()
  const phone = await start(FIXTURE, { world })
  assert.equal(await phone.tap(inside(phone, 'disabled')), 'disabled')
  assert.deepEqual([phone.page.log, world.popups], [[], []])
})

test('its button says what `label` says', async () => {
  const phone = await start(FIXTURE)
  const [button] = phone.all((node) => node.is === 'wx-button' && node.data.disabled)
  assert.equal(button.data.ariaLabel, '五')
  assert.equal(button.data.hoverClass, 'none')
})

test("a page's own form is collected by hand", async () => {
  const phone = await start(FIXTURE)
  await phone.tap(phone.byClass('submit')[0])
  assert.deepEqual(phone.page.log, [true])
  assert.equal(phone.app.push.pending, 1)
})

test("within a page's form, it submits its own form alone", async () => {
  const phone = await start(FIXTURE)
  await phone.tap(inside(phone, 'in-form'))
  assert.deepEqual(phone.page.log.map(({ scene }) => scene), ['in form'])
})

test('no rule of its style uses a selector that components may not', () => {
  const style = readFileSync(path.join(DIST, 'components/push-button/index.wxss'), 'utf8')
  const selectors = [...style.matchAll(/^([^\s{}][^{]*)\{/gm)].map(([, selector]) => selector.trim())
  assert.deepEqual(selectors.filter((each) => !/^\.[\w-]+(::after)?$/.test(each)), [])
  assert.match(style, /::after\s*\{\s*border: 0/)
})
