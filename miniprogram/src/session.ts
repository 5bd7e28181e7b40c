import type { Host, Reply, RequestOption } from './api'
import { call, header, json } from './network'

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
  clock: Clock
}

/** The server's time. A phone's clock may be days off, so each answer of the server sets this one right. */
export interface Clock {
  /** In milliseconds; the phone's own time while the server's is unknown. */
  now(): number
  /** False before the first answer, and again when somebody has turned the phone's clock back. */
  isSet(): boolean
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
  let isSet = false
  let last = 0

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
    request: (option, as) => once(option, as).then(([reply, used]) => {
      if (reply.statusCode !== 401) return reply
      // Somebody else may have renewed it meanwhile.
      if (token === used) token = ''
      return once(option, as).then(([again]) => again)
    }),
    send: (option, as) => session.request(toMinipush(option), as).then((reply) => {
      setClock(reply)
      replied()
      return reply
    }),
    clock: {
      now() {
        const phone = Date.now()
        if (phone < last) {
          isSet = false
          skew = 0
        }
        last = phone
        return phone + skew
      },
      isSet: () => isSet,
      ofPhone: (time) => time + skew,
    },
  }
  return session

  function setClock(reply: Reply): void {
    last = Date.now()
    skew = (Date.parse(header(reply, 'date')) || last) - last
    isSet = true
  }

  function toMinipush(option: RequestOption): RequestOption {
    return Object.assign({}, option, { url: base + option.url, header: { 'Content-Type': 'application/json' } })
  }

  function once(option: RequestOption, as?: string): Promise<[Reply, string]> {
    return session.enter().then(() => {
      if (as && as !== openid) throw { errMsg: 'minipush: another user' }
      const used = token
      const headers = Object.assign({ Authorization: `Bearer ${used}` }, option.header)
      return call(host, Object.assign({}, option, { header: headers })).then((reply): [Reply, string] => [reply, used])
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
