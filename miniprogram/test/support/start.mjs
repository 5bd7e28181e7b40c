import assert from 'node:assert/strict'
import path from 'node:path'
import { afterEach } from 'node:test'
import { MemoryWorld } from '../../phone/memory.mjs'
import { complaints, isWithin, Phone } from '../../phone/phone.mjs'
import { Wx } from '../../phone/wx.mjs'
import { CENTRE_DIST, DIST } from './program.mjs'
import { turns } from './time.mjs'

const running = []
afterEach(() => {
  running.splice(0).forEach((phone) => phone.kill())
  assert.deepEqual(complaints.splice(0), [])
})

/** A mini-program on a phone that has not started it yet. `app`: a folder below miniprogram/. */
export function install(app, { world = new MemoryWorld(), ...options } = {}) {
  const wx = new Wx({ world, ...options })
  const packages = { minipush: DIST, 'minipush-centre': CENTRE_DIST }
  const phone = new Phone({ app: path.join(import.meta.dirname, '../..', app), packages, wx })
  running.push(phone)
  return phone
}

/** A mini-program on a phone, some turns after its start. */
export async function start(app, options) {
  const phone = install(app, options).launch()
  await turns()
  return phone
}

/** The element inside a push-button, as a finger meets it. */
export const inside = (phone, name) => phone.all((node) => node.class === 'inner' && isWithin(node, phone.byClass(name)[0]))[0]
