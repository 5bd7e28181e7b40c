import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, Program, WEEK } from './support/program.mjs'
import { VirtualTime } from './support/time.mjs'

const expiry = ({ world }, n = 0) => world.of('POST /collect').flatMap(({ data }) => data.form_ids)[n].expires_at

function off(days) {
  const time = new VirtualTime()
  time.skew = days * DAY
  return new Program({ time })
}

for (const days of [0, 1, -1, 30, -30]) {
  test(`on a phone that is ${days} days ahead, a formId lives for seven days of the true time`, async () => {
    const program = off(days)
    const tapped = program.time.now
    program.push.collect('F1')
    await program.time.pass(3_600_000)
    await program.push.flush()
    assert.ok(Math.abs(expiry(program) - tapped - WEEK) <= 1000)
    assert.equal(program.world.beyond, undefined)
    assert.equal(program.push.dropped.expired, 0)
  })
}

test('a formId that waited six days on the phone has a day left', async () => {
  const program = off(1)
  program.wx.isOnline = false
  program.push.collect('F1')
  await program.time.pass(6 * DAY)
  const next = program.restart()
  await next.settle()
  assert.ok(Math.abs(expiry(next) - next.time.now - DAY) <= 1000)
})

test('a formId that waited eight days is given up, and counted', async () => {
  const program = off(-1)
  program.wx.isOnline = false
  program.push.collect('F1')
  await program.time.pass(8 * DAY)
  const next = program.restart()
  await next.settle()
  assert.deepEqual([next.push.dropped.expired, next.push.pending, next.world.of('POST /collect').length], [1, 0, 0])
  assert.deepEqual(next.events, [{ reason: 'expired', count: 1 }])
})

test('an answer to a popup does not expire', async () => {
  const program = off(0)
  program.wx.isOnline = false
  await program.tapToAsk(['S1'])
  await program.time.pass(30 * DAY)
  program.wx.isOnline = true
  await program.push.flush()
  assert.equal(program.world.ids().length, 1)
})

test('a clock that was days ahead and is set right makes no formId live longer', async () => {
  const program = off(10)
  program.wx.isOnline = false
  program.push.collect('F1')
  await program.settle()
  program.time.skew = 0
  const next = program.restart()
  await next.settle()
  assert.deepEqual(next.world.ids(), ['F1'])
  assert.equal(next.world.beyond, undefined)
})

test('a clock that is turned back takes nothing away', async () => {
  for (const back of [1, 10, 400]) {
    const program = off(0)
    await program.push.login()
    program.push.collect('F1')
    program.time.skew -= back * DAY
    program.push.collect('F2')
    await program.push.flush()
    await program.time.pass(1000)
    program.push.collect('F3')
    await program.push.flush()
    assert.deepEqual(program.world.ids(), ['F1', 'F2', 'F3'], `${back} days back`)
    for (const n of [0, 2]) assert.ok(Math.abs(expiry(program, n) - program.time.now - WEEK) <= 3000)
    assert.equal(program.world.beyond, undefined)
  }
})

test('a clock that is set ahead while the program runs makes no formId live longer', async () => {
  const program = off(0)
  await program.push.login()
  await program.push.prepareAsk()
  program.time.skew += DAY / 2
  program.push.collect('F1')
  await program.push.flush()
  assert.ok(Math.abs(expiry(program) - program.time.now - WEEK) <= 1000)
  assert.equal(program.world.beyond, undefined)
})

test('a clock that jumps ahead makes nothing expire', async () => {
  const program = off(0)
  await program.push.login()
  program.push.collect('F1')
  program.time.skew += 20 * DAY
  await program.push.flush()
  assert.deepEqual(program.world.ids(), ['F1'])
  assert.equal(program.push.dropped.expired, 0)
})

test('what looks expired is given up only after the server has told the time', async () => {
  const program = off(0)
  await program.push.login()
  program.push.collect('F1')
  program.time.skew += 8 * DAY
  program.world.fate = () => 'lost request'
  await program.push.flush()
  assert.equal(program.push.pending, 1)
  program.world.fate = () => 'ok'
  await program.push.flush()
  assert.deepEqual(program.world.ids(), ['F1'])
})

test('where nobody tells the time, the phone does', async () => {
  const program = off(0)
  program.world.tellsTime = false
  program.push.collect('F1')
  await program.push.flush()
  assert.equal(expiry(program), program.time.now + WEEK)
})
