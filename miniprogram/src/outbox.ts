import type { Dropped, Events } from './api'
import type { Failure, Host, Reply } from './host'
import { createRetry, json, Session } from './session'

const MOST = 100 // entries of one POST /collect
const HELD = 500 // about 80 kB of storage
const HIDDEN = 5000 // how long WeChat lets a hidden mini-program talk
const WEEK = 604800000
const REFUSALS = 3 // an entry alone is given up after so many
const REASONS: Record<string, Dropped> = { expired: 'expired', mock_form_id: 'mock' }

/** One entry of POST /collect, on its way. */
export interface Entry {
  list: 'form_ids' | 'prepay_ids' | 'subscriptions'
  /** With `user` and `list`, what the server knows a repeat by. */
  id: string
  /** What is uploaded of it. */
  fields: object
  /** When the user gave it, in milliseconds of the server's time. */
  at: number
  /** `at` is the phone's time, because the server's was not known. */
  raw: boolean
  /** Whose it is: '' while nobody has logged in on this phone. */
  user: string
}

/** Entries on their way to minipush. Each is kept until minipush has confirmed it; minipush knows repeats. */
export interface Outbox {
  readonly dropped: Record<Dropped, number>
  /** This user's entries. */
  mine(): Entry[]
  /** Whether it is a new id of WeChat's. */
  addId(list: 'form_ids' | 'prepay_ids', id: unknown): boolean
  /** Whether one of them is new. */
  add(list: Entry['list'], given: { id: string; fields: object }[]): boolean
  /** Send what is held. Resolves when nothing more can be done now; never rejects. */
  flush(): Promise<void>
  /** The same, unless the server has asked to wait. */
  wake(): Promise<void>
  hide(): void
  show(): void
  /** To be called after each answer of minipush, which tells the time, and after a login, which tells the user. */
  replied(): void
  /** Do nothing more. */
  stop(): void
}

type Emit = <E extends keyof Events>(name: E, event: Events[E]) => void

/** `key`: where in the phone's storage the entries are. */
export function createOutbox(host: Host, key: string, session: Session, emit: Emit, threshold: number): Outbox {
  const { now, openid } = session
  let entries: Entry[] = []
  let lastUser = ''
  let isRead = false
  let sending: Promise<void> | null = null
  // Entries since the last try to send.
  let fresh = 0
  let hiddenAt = 0
  let isStopped = false
  // Collected before this run knew its user: the guess may be wrong.
  let guessed: Entry[] = []
  const retry = createRetry(() => outbox.flush())

  const outbox: Outbox = {
    dropped: { mock: 0, expired: 0, overflow: 0, refused: 0 },
    mine: () => entries.filter(({ user }) => !user || user === (openid() || lastUser)),
    addId(list, id) {
      // A list's name has one letter more than its field's.
      if (isId(id)) return outbox.add(list, [{ id, fields: { [list.slice(0, -1)]: id } }])
      drop('mock', 1)
      return false
    },
    add(list, given) {
      const origin = { at: now(), raw: !session.knowsTime(), list, user: openid() || lastUser }
      const added = without(given.map((each) => Object.assign({}, origin, each)), entries)
      if (!added.length) return false
      if (!openid()) guessed = guessed.concat(added)
      const all = entries.concat(added)
      entries = all.slice(-HELD)
      drop('overflow', all.length - entries.length)
      fresh += added.length
      // What storage doesn't take, a kill would lose: it goes out at once.
      if (!keep() || fresh >= threshold) outbox.wake()
      return true
    },
    flush() {
      fresh = 0
      if (!entries.length || mustRest()) return Promise.resolve()
      return sending || (sending = sendAll().catch(failed))
    },
    wake: () => (retry.isAsked() ? Promise.resolve() : outbox.flush()),
    hide() {
      hiddenAt = Date.now()
      outbox.wake()
    },
    show() {
      hiddenAt = 0
      outbox.wake()
    },
    replied() {
      const alive = entries.map(settle).filter((entry) => !isExpired(entry, now()))
      drop('expired', entries.length - alive.length)
      entries = alive
      guessed = []
      if (entries.length || lastUser !== openid()) {
        lastUser = openid()
        keep()
      }
    },
    stop() {
      isStopped = true
      retry.pause()
    },
  }
  keep(true)
  return outbox

  /** Whether the entries are in the phone's storage, where others may be from earlier. */
  function keep(isFirst?: boolean): boolean {
    try {
      if (!isRead) {
        const kept = (host.getStorageSync(key) || {}) as { user?: string; entries?: Entry[] }
        if (Array.isArray(kept.entries)) entries = without(kept.entries.filter((entry) => entry && entry.fields), entries).concat(entries)
        lastUser = lastUser || kept.user || ''
        isRead = true
      }
      if (!isFirst && !isStopped) host.setStorageSync(key, { user: lastUser, entries })
      return true
    } catch (error) {
      emit('problem', { what: 'storage', error })
      return false
    }
  }

  /** The entry with the time and the user that are known by now. */
  function settle(entry: Entry): Entry {
    const user = entry.user && guessed.indexOf(entry) < 0 ? entry.user : openid()
    const at = Math.min(entry.raw ? session.ofPhone(entry.at) : entry.at, now())
    return Object.assign({}, entry, { at, user, raw: false })
  }

  function sendAll(isSure?: boolean): Promise<void> {
    return session.enter().then(() => {
      const part = outbox.mine().slice(0, MOST)
      if (!part.length || mustRest()) {
        sending = null
        return undefined
      }
      // The phone's clock may have jumped: an age counts for nothing before the server has told the time.
      const isDoubtful = part.some((entry) => entry.raw || isExpired(entry, now()))
      if (isSure || !isDoubtful) return send(part).then(() => sendAll(isSure))
      session.leave()
      return sendAll(true)
    })
  }

  function send(part: Entry[], refusals = 0): Promise<void> {
    const option = { url: '/collect', method: 'POST' as const, data: body(part), timeout: hiddenAt && HIDDEN }
    return session.send(option, part[0]!.user).then((reply) => {
      // The server can't take this, however often it is repeated.
      if ([400, 413, 422].indexOf(reply.statusCode) >= 0) return divide(part, refusals + 1)
      return confirmed(part, reply)
    })
  }

  /** One entry may spoil the whole request: halves find it. Somebody on the way may refuse a request for reasons of his own. */
  function divide(part: Entry[], refusals: number): Promise<void> | void {
    const half = part.length >> 1
    if (half) return send(part.slice(0, half)).then(() => send(part.slice(half)))
    if (refusals < REFUSALS) return send(part, refusals)
    remove(part)
    drop('refused', 1)
  }

  function confirmed(part: Entry[], reply: Reply): void {
    const { stored, rejected } = json<{ stored: number; rejected?: { reason: string }[] }>(reply)
    remove(part)
    retry.succeeded()
    ;(rejected || []).forEach(({ reason }) => {
      // What the user refused has arrived as it should.
      if (reason !== 'not_accepted') drop(REASONS[reason] || 'refused', 1)
    })
    emit('uploaded', { entries: part.length, stored })
  }

  function remove(part: Entry[]): void {
    entries = without(entries, part)
    keep()
  }

  function failed(error: Failure): void {
    sending = null
    if (!isStopped) retry.failed((error && error.retryAfter) || 0)
    emit('problem', { what: 'upload', error })
  }

  function mustRest(): boolean {
    return isStopped || (hiddenAt > 0 && Math.abs(Date.now() - hiddenAt) > HIDDEN)
  }

  function drop(reason: Dropped, count: number): void {
    if (!count) return
    outbox.dropped[reason] += count
    emit('dropped', { reason, count })
  }
}

/**
 * Whether WeChat may have made this id. In the developer tools, in trial builds and since the interface was closed,
 * clients hand out sentences in its place, which have blanks or a colon. Programs make words of a missing value.
 */
function isId(id: unknown): id is string {
  return typeof id === 'string' && /^(?!(undefined|null|NaN|None|true|false|0)$)[!-9;-~]{1,256}$/.test(id)
}

/** By the server's time. An answer to a popup doesn't expire. */
function isExpired({ list, raw, at }: Entry, now: number): boolean {
  return list !== 'subscriptions' && !raw && at + WEEK <= now
}

/** The body of POST /collect. It never says who the user is: the session does. */
function body(entries: Entry[]): object {
  const lists: Record<string, object[]> = {}
  entries.forEach(({ list, fields, at }) => {
    const expiry = list === 'form_ids' && { expires_at: at + WEEK }
    ;(lists[list] = lists[list] || []).push(Object.assign({}, fields, expiry))
  })
  return lists
}

/** `entries` without those of `gone`. */
function without(entries: Entry[], gone: Entry[]): Entry[] {
  const name = ({ user, list, id }: Entry) => [user, list, id].join()
  const names = gone.map(name)
  return entries.filter((entry) => names.indexOf(name(entry)) < 0)
}
