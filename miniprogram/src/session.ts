import type { Failure, Host, Reply, RequestOption } from './host'

const FIRST = 2000
const LONGEST = 300000
const HOUR = 3600000

/**
 * The user's session with minipush. It is kept in memory only: a new start logs in again, because that is the only way
 * to find out whether it is still the same user.
 */
export interface Session {
  /** '' until somebody has logged in. */
  openid(): string
  /** Log in, if need be. Callers at the same time share one login. */
  enter(): Promise<void>
  /** The next call logs in again. */
  leave(): void
  /** A call to any server. After a 401, the session is renewed once. `as`: the only user in whose name it may go out. */
  request(option: RequestOption, as?: string): Promise<Reply>
  /** A call to minipush, by its path. */
  send(option: RequestOption, as?: string): Promise<Reply>
  /**
   * The server's time, in milliseconds. A phone's clock may be days off, so each answer of the server sets this one right.
   * While the server's is unknown, it is the phone's own.
   */
  now(): number
  /** False before the first answer, and again when the phone's clock was turned back, or shows an hour more than at the last one. */
  knowsTime(): boolean
  /** What the phone's clock showed, in the server's time. */
  ofPhone(time: number): number
}

/** `replied` is called after each answer of minipush, which tells the time, and after a login, which tells the user. */
export function createSession(host: Host, base: string, replied: () => void): Session {
  let openid = ''
  let token = ''
  let until = 0
  let entering: Promise<void> | null = null
  let skew = 0
  let knowsTime = false
  let last = 0
  let told = 0

  const session: Session = {
    openid: () => openid,
    enter() {
      if (token && Date.now() < until) return Promise.resolve()
      const done = () => {
        entering = null
      }
      if (!entering) (entering = logIn()).then(done, done)
      return entering
    },
    leave() {
      token = ''
    },
    request: (option, as) => request(option, as, false),
    send: (option, as) => request(toMinipush(option), as, false).then((reply) => {
      setClock(reply)
      replied()
      return reply
    }),
    now() {
      const phone = Date.now()
      if (phone < last || phone > told + HOUR) {
        knowsTime = false
        skew = 0
      }
      last = phone
      return phone + skew
    },
    knowsTime: () => knowsTime,
    ofPhone: (time) => time + skew,
  }
  return session

  function setClock(reply: Reply): void {
    last = told = Date.now()
    skew = (Date.parse(header(reply, 'date')) || last) - last
    knowsTime = true
  }

  function toMinipush(option: RequestOption): RequestOption {
    return Object.assign({}, option, { url: base + option.url, header: { 'Content-Type': 'application/json' } })
  }

  function request(option: RequestOption, as: string | undefined, isRepeat: boolean): Promise<Reply> {
    return session.enter().then(() => {
      if (as && as !== openid) throw { errMsg: 'minipush: another user' }
      const used = token
      const headers = Object.assign({ Authorization: `Bearer ${used}` }, option.header)
      return call(host, Object.assign({}, option, { header: headers })).then((reply) => {
        if (reply.statusCode !== 401 || isRepeat) return reply
        // Somebody else may have renewed it meanwhile.
        if (token === used) token = ''
        return request(option, as, true)
      })
    })
  }

  /** WeChat takes a code once, within five minutes: each login asks for a new one. */
  function logIn(): Promise<void> {
    return new Promise<{ code: string }>((success, fail) => host.login({ timeout: 15000, success, fail }))
      .then(({ code }) => call(host, toMinipush({ url: '/session', method: 'POST', data: { code } })))
      .then((reply) => {
        setClock(reply)
        const entered = json<{ token: string; expires_in: number; openid: string }>(reply)
        ;({ token, openid } = entered)
        // Some time before it ends, so that no call meets its end.
        until = last + entered.expires_in * 900
        replied()
      })
  }
}

/** One request. It rejects when no answer was seen: what became of it is unknown. */
function call(host: Host, option: RequestOption): Promise<Reply> {
  return new Promise((success, fail) =>
    host.request(Object.assign({}, option, { timeout: option.timeout || 15000, success, fail, complete: undefined })))
}

/** The value of a header, whose name a client may write in any case. */
function header({ header: headers }: Reply, wanted: string): string {
  for (const name in headers) if (name.toLowerCase() === wanted) return String(headers[name])
  return ''
}

/** The answer's JSON. Throws a Failure unless it is a 200 of minipush: a proxy's page confirms nothing. */
export function json<T>(reply: Reply): T {
  const { statusCode, data } = reply
  if (statusCode === 200 && data && typeof data === 'object') return data as unknown as T
  const failure: Failure = { errMsg: `minipush: ${statusCode}`, statusCode, data, retryAfter: +header(reply, 'retry-after') || 0 }
  throw failure
}

/** When to try again: later and later, each phone at its own time, and never before the server allows it. */
export interface Retry {
  /** Whether the server has asked to wait, and that time is not over. */
  isAsked(): boolean
  /** `seconds`: what Retry-After says, or 0. */
  failed(seconds: number): void
  succeeded(): void
  /** No try by itself. */
  pause(): void
}

export function createRetry(again: () => void): Retry {
  let wait = 0
  let asked = 0
  let since = 0
  let timer: ReturnType<typeof setTimeout>
  const pause = () => clearTimeout(timer)
  return {
    // A clock that was turned back far ends it, too.
    isAsked: () => Math.abs(Date.now() - since) < asked,
    failed(seconds) {
      const spread = Math.random()
      wait = Math.min(wait * 2 || FIRST, LONGEST)
      asked = Math.min(seconds * 1000, HOUR)
      since = Date.now()
      pause()
      timer = setTimeout(again, Math.max(wait * (0.5 + spread / 2), asked * (1 + spread / 10)))
    },
    succeeded() {
      wait = asked = 0
      pause()
    },
    pause,
  }
}
