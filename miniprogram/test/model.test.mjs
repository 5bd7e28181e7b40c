/**
 * Whatever fails, and wherever the program is killed: in the end, minipush holds exactly what was collected, each once.
 * KIT_RUNS sets the number of runs, KIT_SEED repeats others.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DAY, Program } from './support/program.mjs'

const RUNS = Number(process.env.KIT_RUNS ?? 400)
const SEED = Number(process.env.KIT_SEED ?? 1)
const HELD = 480

const fates = fc.array(fc.constantFrom('ok', 'lost request', 'lost answer', '401', '413', '422', '429', '500'), { maxLength: 6 })
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ name: fc.constant('collect'), count: fc.integer({ min: 1, max: 130 }) }) },
  { weight: 2, arbitrary: fc.record({ name: fc.constant('pay') }) },
  { weight: 2, arbitrary: fc.record({ name: fc.constant('answer') }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('poison') }) },
  { weight: 5, arbitrary: fc.record({ name: fc.constant('flush') }) },
  { weight: 5, arbitrary: fc.record({ name: fc.constant('fail'), fates }) },
  { weight: 6, arbitrary: fc.record({ name: fc.constant('steps'), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ name: fc.constant('wait'), ms: fc.integer({ min: 100, max: 600_000 }) }) },
  { weight: 3, arbitrary: fc.record({ name: fc.constant('kill'), user: fc.constantFrom('anna', 'bob') }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('hide') }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('show') }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('set clock'), days: fc.integer({ min: -3, max: 3 }) }) },
)

/** One phone, which goes on step by step: a step is one call that WeChat answers. */
class Model {
  queue = []
  /** By user. */
  given = { anna: new Set(), bob: new Set() }
  poisoned = 0
  fates = []
  alone = 0

  /** `users`: who opens the mini-program. With more than one, each begins with a login that succeeds. */
  constructor(users) {
    this.users = users
    this.use(new Program({ prepare: (wx) => this.prepare(wx) }))
    this.program.world.fate = (call) => this.fate(call)
    this.program.world.retryAfter = 5
  }

  prepare(wx) {
    wx.later = (run) => this.queue.push(run)
  }

  use(program) {
    this.program = program
  }

  /** What is refused three times by itself would be the entry's own fault. */
  fate({ path, data }) {
    const count = Object.values(data ?? {}).flat().length
    if (path === '/collect') assert.ok(count >= 1 && count <= 100, `${count} entries in a call`)
    const fate = this.fates.shift() ?? 'ok'
    if (!['413', '422'].includes(fate) || count > 1) {
      this.alone = 0
      return fate
    }
    this.alone += 1
    return this.alone < 3 ? fate : 'ok'
  }

  async step() {
    this.queue.shift()?.()
    await new Promise(setImmediate)
  }

  async finish() {
    await this.step()
    while (this.queue.length) await this.step()
  }

  async run({ name, ...how }) {
    const { push, wx, time } = this.program
    if (name === 'collect') for (let n = 0; n < how.count && this.size < HELD; n += 1) this.give(`F${this.size}`, push.collect)
    if (name === 'pay') this.give(`wx${this.size}`, push.pay)
    if (name === 'answer') await this.answer()
    if (name === 'poison') this.poisoned += push.collect(`poison${this.poisoned}`)
    if (name === 'flush') push.flush()
    if (name === 'fail') this.fates = [...how.fates]
    if (name === 'steps') for (let n = 0; n < how.count; n += 1) await this.step()
    if (name === 'wait') await time.pass(how.ms, () => this.finish())
    if (name === 'kill') await this.restart(how.user)
    if (name === 'hide') wx.emit('AppHide')
    if (name === 'show') wx.emit('AppShow')
    if (name === 'set clock') time.skew = how.days * DAY
  }

  get size() {
    return this.given.anna.size + this.given.bob.size
  }

  get mine() {
    return this.given[this.program.world.openid]
  }

  give(id, collect) {
    this.mine.add(id)
    collect(id)
  }

  /** A popup whose answer reached the program is one entry more. */
  async answer() {
    const { wx, push, world } = this.program
    const asked = world.popups.length
    let answers
    wx.inTap(() => { answers = push.ask([`T${this.size}`]) })
    await this.finish()
    if (world.popups.length > asked) this.mine.add(Object.keys(await answers)[0])
  }

  async restart(user) {
    this.queue = []
    this.program.kill()
    if (this.users.includes(user)) this.program.world.openid = user
    this.use(this.program.restart({ prepare: (wx) => this.prepare(wx) }))
    if (this.users.length > 1) await this.logIn()
  }

  async logIn() {
    this.fates = []
    this.program.push.login()
    while (!this.program.world.logins || this.queue.length) await this.step()
  }

  /** Everything works again, and each user opens the mini-program twice. */
  async heal() {
    for (const user of [...this.users, ...this.users]) {
      this.fates = []
      await this.restart(user)
      await this.finish()
      assert.equal(this.program.push.pending, 0)
    }
  }
}

async function check(users) {
  let calls = 0
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 16 }), async (commands) => {
      const model = new Model(users)
      if (users.length > 1) await model.logIn()
      for (const each of commands) await model.run(each)
      await model.heal()
      const { world, push } = model.program
      for (const user of users) {
        const held = world.ids(user).map((id) => id.split(' ').at(-1))
        assert.deepEqual(held.sort(), [...model.given[user]].sort())
      }
      assert.deepEqual({ ...push.dropped, refused: 0 }, { mock: 0, expired: 0, overflow: 0, refused: 0 })
      calls += world.calls.length
    }),
    { numRuns: Math.ceil(RUNS / users.length), seed: SEED },
  )
  assert.ok(calls > RUNS, 'hardly anything was called')
}

test('minipush holds exactly what was collected, each once', () => check(['anna']))

test('on a phone of two users, nothing is uploaded for the wrong one', () => check(['anna', 'bob']))
