import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Program } from './support/program.mjs'

async function prepared(options) {
  const program = new Program(options)
  Object.assign(program.world.nextAsk, { template_ids: ['S1', 'S2'] })
  await program.push.prepareAsk()
  return program
}

test('what to ask for depends on the client', async () => {
  const { push, world } = await prepared({ SDKVersion: '2.9.0' })
  assert.deepEqual(await push.prepareAsk(), ['S1', 'S2'])
  assert.equal(world.of('GET /me/next-ask')[0].query, '?sdk_version=2.9.0')
})

test('an old client tells its version in the old way', async () => {
  const program = new Program({ prepare: (wx) => { wx.getAppBaseInfo = undefined; wx.getSystemInfoSync = () => ({ SDKVersion: '2.10.4' }) } })
  await program.push.prepareAsk()
  assert.equal(program.world.of('GET /me/next-ask')[0].query, '?sdk_version=2.10.4')
})

test('the popup opens in the turn of the tap, for no more than was prepared', async () => {
  const program = await prepared()
  assert.deepEqual(await program.tapToAsk(), { S1: 'accept', S2: 'accept' })
  assert.deepEqual(program.world.popups, [['S1', 'S2']])
})

test('outside a tap, WeChat shows none, and the next tap asks', async () => {
  const program = await prepared()
  assert.deepEqual(await program.push.ask(), {})
  assert.deepEqual(program.world.popups, [])
  assert.deepEqual(Object.keys(await program.tapToAsk()), ['S1', 'S2'])
})

test('there are never two popups at once', async () => {
  const program = await prepared()
  const all = await Promise.all([program.tapToAsk(['S1']), program.tapToAsk(['S2']), program.tapToAsk()])
  assert.deepEqual(all, [{ S1: 'accept' }, {}, {}])
  assert.deepEqual(program.world.popups, [['S1']])
})

test('every answer is reported once, under one id', async () => {
  const program = await prepared()
  Object.assign(program.world, { choices: { S1: 'acceptWithAudio', S2: 'reject' } })
  await program.tapToAsk()
  await program.settle()
  const { subscriptions } = program.world.of('POST /collect')[0].data
  assert.deepEqual(subscriptions.map(({ template_id, result }) => [template_id, result]), [['S1', 'acceptWithAudio'], ['S2', 'reject']])
  assert.equal(new Set(subscriptions.map(({ id }) => id)).size, 1)
  assert.equal(subscriptions[0].long_term, undefined)
})

test('each popup has its own id', async () => {
  const program = await prepared()
  await program.tapToAsk(['S1'])
  await program.settle()
  await program.tapToAsk(['S1'])
  await program.settle()
  assert.equal(program.world.ids().length, 2)
})

test('answers to long-term templates say so', async () => {
  const program = new Program()
  program.world.nextAsk = { template_ids: ['L1'], long_term: true }
  await program.push.prepareAsk()
  await program.tapToAsk()
  await program.settle()
  assert.equal(program.world.of('POST /collect')[0].data.subscriptions[0].long_term, true)
})

test('an answer whose report is lost is repeated with its id', async () => {
  const program = await prepared()
  program.world.fate = ({ path }) => (path === '/collect' ? 'lost answer' : 'ok')
  await program.tapToAsk(['S1'])
  await program.settle()
  program.world.fate = () => 'ok'
  await program.restart().settle()
  assert.equal(program.world.of('POST /collect').length, 2)
  assert.equal(program.world.ids().length, 1)
})

test('the next question is fetched when minipush has the answers, and not before', async () => {
  const program = await prepared()
  program.world.fate = ({ path }) => (path === '/collect' ? '500' : 'ok')
  await program.tapToAsk()
  await program.settle()
  assert.deepEqual(await program.push.prepareAsk(), [])
  assert.deepEqual(await program.tapToAsk(), {})
  program.world.fate = () => 'ok'
  assert.deepEqual(await program.push.prepareAsk(), ['S1', 'S2'])
})

test('a page of somebody on the way is no question', async () => {
  const program = new Program()
  const { request } = program.world
  program.world.request = async (option) => (option.url.includes('next-ask') ? { statusCode: 200, header: {}, data: '<html>' } : request.call(program.world, option))
  assert.deepEqual(await program.push.prepareAsk(), [])
  assert.deepEqual(await program.tapToAsk(), {})
})

test('an empty answer asks for nothing', async () => {
  const program = new Program()
  assert.deepEqual(await program.push.prepareAsk(), [])
  assert.deepEqual(await program.tapToAsk(), {})
  assert.deepEqual(program.world.popups, [])
})

test('without a connection, nothing is asked and nothing thrown', async () => {
  const program = new Program()
  program.wx.isOnline = false
  assert.deepEqual(await program.push.prepareAsk(), [])
  assert.deepEqual(await program.tapToAsk(), {})
})

test('WeChat that fails for a while is asked again at the next tap; one that is switched off is not', async () => {
  for (const [code, count] of [[10002, 2], [20004, 1]]) {
    const program = await prepared()
    program.world.popupError = code
    assert.deepEqual(await program.tapToAsk(), {})
    await program.tapToAsk()
    assert.equal(program.world.popups.length, count, String(code))
    assert.equal(program.problems[0].what, 'ask')
  }
})

test('a client that throws is no trouble', async () => {
  const program = await prepared({ prepare: (wx) => { wx.requestSubscribeMessage = () => { throw new Error('not here') } } })
  assert.deepEqual(await program.tapToAsk(), {})
})
