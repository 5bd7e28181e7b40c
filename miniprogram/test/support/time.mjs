/** A phone's clock and timers, which move when a test says so. */
export class VirtualTime {
  now = Date.UTC(2026, 10, 20, 8)
  /** How far the phone's clock is off, in milliseconds. */
  skew = 0
  #timers = new Map()
  #count = 0

  globals() {
    const phone = this
    return {
      Date: class extends Date {
        static now() {
          return phone.now + phone.skew
        }
      },
      setTimeout: (run, ms = 0) => {
        this.#timers.set(++this.#count, { at: this.now + ms, run })
        return this.#count
      },
      clearTimeout: (timer) => this.#timers.delete(timer),
    }
  }

  get waiting() {
    return [...this.#timers.values()].map(({ at }) => at - this.now)
  }

  stop() {
    this.#timers.clear()
  }

  /** True time passes; timers run in their order. `settle` is awaited after each. */
  async pass(ms, settle = turns) {
    const end = this.now + ms
    for (;;) {
      const [id, timer] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? []
      if (!timer || timer.at > end) break
      this.#timers.delete(id)
      this.now = Math.max(this.now, timer.at)
      timer.run()
      await settle()
    }
    this.now = end
    await settle()
  }
}

/** Long enough for every call that is on its way in a world that answers at once. */
export async function turns(count = 60) {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate)
}
