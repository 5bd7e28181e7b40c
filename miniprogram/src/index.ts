import type * as api from './api'
import type { Events, Minipush, Options, Settings } from './api'
import type { Host, RequestOption } from './host'
import { Asking, createAsking } from './asking'
import { createOutbox, Outbox } from './outbox'
import { createSession, json, Session } from './session'

/** The parts that run in one mini-program. `push` is what the app sees of them. */
interface Kit {
  host: Host
  outbox: Outbox
  asking: Asking
  push: Minipush
}

/** For push-button. */
export let current: Kit | null = null

export const setup: typeof api.setup = (options) => {
  const host = (options.host || wx) as Host
  // Two outboxes must not share one storage.
  if (current && current.host === host) current.outbox.stop()
  current = createKit(host, options)
  return current.push
}

export const minipush: typeof api.minipush = () => current && current.push

function createKit(host: Host, options: Options): Kit {
  const base = address(host, options)
  let listeners: [string, (event: never) => void][] = []
  const session: Session = createSession(host, base, () => outbox.replied())
  const outbox = createOutbox(host, base.replace(/^.*?\/\//, 'minipush.outbox.'), session, emit, options.threshold || 5)
  const asking = createAsking(host, session, outbox, emit)
  // Plugins have none of these.
  if (host.onAppHide) host.onAppHide(outbox.hide)
  if (host.onAppShow) host.onAppShow(outbox.show)
  if (host.onNetworkStatusChange) host.onNetworkStatusChange(({ isConnected }) => isConnected && outbox.wake())
  outbox.wake()

  const push: Minipush = {
    collect: (formId) => outbox.addId('form_ids', formId),
    pay(prepayId) {
      outbox.addId('prepay_ids', prepayId)
      outbox.wake()
    },
    flush: outbox.flush,
    get pending() {
      return outbox.mine().length
    },
    dropped: outbox.dropped,
    prepareAsk: asking.prepare,
    ask: (templateIds) => asking.open(templateIds).then(({ answers }) => answers),
    login: () => forgettable(session.enter().then(session.openid)),
    settings: () => me({ url: '/me', method: 'GET' }),
    change({ opt_out, quiet_hours }) {
      const data: Partial<Settings> = {}
      if (opt_out !== undefined) data.opt_out = opt_out
      if (quiet_hours !== undefined) data.quiet_hours = quiet_hours
      // wx.request knows no PATCH.
      return me({ url: '/me', method: 'PUT', data })
    },
    request(option) {
      outbox.wake()
      return request(base, session, option as unknown as RequestOption)
    },
    on(name, listener) {
      const added: (typeof listeners)[0] = [name, listener]
      listeners = listeners.concat([added])
      return () => {
        listeners = listeners.filter((each) => each !== added)
      }
    },
  }
  return { host, outbox, asking, push }

  function me(option: RequestOption): Promise<Settings> {
    return forgettable(session.send(option).then<Settings>(json))
  }

  function emit<E extends keyof Events>(name: E, event: Events[E]): void {
    listeners.forEach(([wanted, listener]) => {
      try {
        if (wanted === name) listener(event as never)
      } catch (error) {
        // An app's mistake must not stop an upload.
        console.error(error)
      }
    })
  }
}

/** The deployment's address, without a slash at the end. Throws where it can't be one. */
function address(host: Host, { baseUrl }: Options): string {
  const { envVersion = 'release' } = host.getAccountInfoSync ? host.getAccountInfoSync().miniProgram : {}
  const url = typeof baseUrl === 'string' ? baseUrl : baseUrl[envVersion as 'release']
  // On a real phone, nothing listens on its own address: this is a simulated one, on the developer's machine.
  const good = envVersion === 'release' ? /^(https:|http:\/\/(127\.0\.0\.1|localhost)(:|\/|$))/ : /^https?:/
  if (!good.test(url)) throw new Error(`minipush: ${url} in ${envVersion}`)
  return url.replace(/\/+$/, '')
}

function request(base: string, session: Session, option: RequestOption): Promise<void> {
  const url = option.url.charAt(0) === '/' ? base + option.url : option.url
  const telling = <T>(call?: (result: T) => void) => (result: T) => {
    if (call) call(result)
    return result
  }
  return session.request(Object.assign({}, option, { url }))
    .then<unknown, unknown>(telling(option.success), telling(option.fail))
    .then(option.complete)
    .catch(console.error)
}

/** A rejection that nobody awaits is nobody's error. */
function forgettable<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
