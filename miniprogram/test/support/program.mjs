/** The kit alone, in one run of a mini-program: on a phone without a screen, whose time the test decides. */
import path from 'node:path'
import { Modules } from '../../phone/code.mjs'
import { MemoryWorld } from '../../phone/memory.mjs'
import { Wx } from '../../phone/wx.mjs'
import { turns, VirtualTime } from './time.mjs'

export const DIST = path.resolve(process.env.KIT_DIST ?? path.join(import.meta.dirname, '../../miniprogram_dist'))
export const CENTRE_DIST = path.resolve(process.env.CENTRE_DIST ?? path.join(import.meta.dirname, '../../centre/miniprogram_dist'))
export const DAY = 86_400_000
export const WEEK = 7 * DAY
const BASE = 'https://push.example.com'

export class Program {
  constructor({ world = new MemoryWorld(), storage = new Map(), time = new VirtualTime(), baseUrl = BASE, ...options } = {}) {
    world.now = () => time.now
    Object.assign(this, { world, storage, time, wx: new Wx({ world, storage, ...options }), events: [], problems: [] })
    options.prepare?.(this.wx)
    const modules = new Modules(DIST, {}, { wx: this.wx, console, ...time.globals() })
    this.kit = modules.run(path.join(DIST, 'index'))
    this.push = this.kit.setup({ baseUrl, threshold: options.threshold })
    this.push.on('dropped', (event) => this.events.push(event))
    this.push.on('problem', (event) => this.problems.push(event))
  }

  /** The system ends it, and the user opens it again: `changes` are options of the new run. */
  restart(changes = {}) {
    this.kill()
    const { world, storage, time } = this
    return new Program({ world, storage, time, ...changes })
  }

  kill() {
    this.time.stop()
    this.wx.kill()
  }

  collect(count, prefix = 'F') {
    for (let n = 1; n <= count; n += 1) this.push.collect(`${prefix}${n}`)
  }

  /** A tap's handler that asks. */
  tapToAsk(templateIds) {
    let answers
    this.wx.inTap(() => { answers = this.push.ask(templateIds) })
    return answers
  }

  settle = turns
}

export const names = (count, prefix = 'F') => Array.from({ length: count }, (_, n) => `${prefix}${n + 1}`)
