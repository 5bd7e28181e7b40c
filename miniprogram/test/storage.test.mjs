import assert from 'node:assert/strict'
import { test } from 'node:test'
import { names, Program } from './support/program.mjs'

test('when storage is full, taps go on, and what it does not take is sent at once', async () => {
  const program = new Program()
  program.push.collect('F1')
  program.wx.storageFails = true
  assert.equal(program.push.collect('F2'), true)
  await program.settle()
  assert.deepEqual(program.world.ids(), ['F1', 'F2'])
  assert.equal(program.problems[0].what, 'storage')
})

test('storage that fails for a while loses the newest entry at most', async () => {
  const program = new Program()
  program.wx.isOnline = false
  program.collect(3)
  program.wx.storageFails = true
  program.push.collect('lost')
  await program.settle()
  program.wx.storageFails = false
  const next = program.restart()
  await next.settle()
  assert.deepEqual(next.world.ids(), names(3))
})

test('storage that could not be read at the start is not overwritten', async () => {
  const program = new Program()
  program.wx.isOnline = false
  program.collect(3)
  await program.settle()
  const next = program.restart({ prepare: (wx) => { wx.storageFails = true } })
  next.wx.storageFails = false
  next.collect(2, 'G')
  const last = next.restart()
  await last.settle()
  assert.deepEqual(last.world.ids(), [...names(3), ...names(2, 'G')])
})

test('what it never wrote is ignored', async () => {
  for (const junk of ['"text"', '{"entries": [null, 1, {}]}', '{"entries": {}}', '[]', '0']) {
    const program = new Program({ storage: new Map([['minipush.outbox.push.example.com', junk]]) })
    program.collect(5)
    await program.settle()
    assert.deepEqual(program.world.ids(), names(5), junk)
  }
})

test('of more than 500 entries, the oldest are given up and counted', async () => {
  const program = new Program({ threshold: 1000 })
  program.wx.isOnline = false
  program.collect(520)
  assert.equal(program.push.pending, 500)
  assert.equal(program.push.dropped.overflow, 20)
  program.wx.isOnline = true
  await program.push.flush()
  assert.deepEqual(program.world.ids(), names(520).slice(20))
})

test("another user's entries stay where they are", async () => {
  const anna = new Program()
  await anna.push.login()
  anna.wx.isOnline = false
  anna.collect(3)
  await anna.settle()
  anna.world.openid = 'bob'
  const bob = anna.restart({ threshold: 1 })
  bob.collect(1, 'B')
  await bob.settle()
  await bob.push.flush()
  assert.deepEqual([bob.world.ids('bob'), bob.world.ids('anna'), bob.push.pending], [['B1'], [], 0])
  bob.world.openid = 'anna'
  const again = bob.restart()
  await again.settle()
  assert.deepEqual([again.world.ids('bob'), again.world.ids('anna')], [['B1'], names(3)])
})

test('what a user collects offline is not taken for that of the user before', async () => {
  const anna = new Program()
  await anna.push.login()
  anna.world.openid = 'bob'
  const bob = anna.restart()
  bob.wx.isOnline = false
  bob.collect(5)
  await bob.settle()
  bob.wx.isOnline = true
  await bob.push.flush()
  assert.deepEqual([bob.world.ids('bob'), bob.world.ids('anna')], [names(5), []])
})

test('a session that is renewed for somebody else sends nothing of the first', async () => {
  const program = new Program()
  await program.push.login()
  program.push.collect('A1')
  program.world.openid = 'bob'
  program.world.tokens.clear()
  await program.push.flush()
  await program.time.pass(600_000)
  assert.deepEqual(program.world.ids('bob'), [])
})

test('each deployment has a storage of its own', async () => {
  const program = new Program()
  program.wx.isOnline = false
  program.collect(3)
  const other = program.restart({ baseUrl: 'https://other.example.com/' })
  other.push.collect('G1')
  await other.push.flush()
  assert.deepEqual(other.world.ids(), ['G1'])
  other.restart({ baseUrl: 'https://other.example.com/v2' }).push.collect('H1')
  const keys = ['push.example.com', 'other.example.com', 'other.example.com/v2'].map((each) => `minipush.outbox.${each}`)
  assert.deepEqual([...other.storage.keys()], keys)
})

test('a mini-program that is set up twice has one outbox', async () => {
  const program = new Program()
  program.wx.isOnline = false
  program.collect(5)
  await program.settle()
  const first = program.push
  const second = program.kit.setup({ baseUrl: 'https://push.example.com' })
  program.wx.isOnline = true
  for (let n = 0; n < 5; n += 1) first.collect(`ghost${n}`)
  await program.time.pass(600_000)
  await second.flush()
  assert.deepEqual(program.world.ids(), names(5))
  assert.equal(program.world.of('POST /collect').length, 1)
})
