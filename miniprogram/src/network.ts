import type { Failure, Host, Reply, RequestOption } from './api'

const FIRST = 2000
const LONGEST = 300000
const LONGEST_ASKED = 3600000

/** One request. It rejects when no answer was seen: what became of it is unknown. */
export function call(host: Host, option: RequestOption): Promise<Reply> {
  return new Promise((success, fail) =>
    host.request(Object.assign({}, option, { timeout: option.timeout || 15000, success, fail, complete: undefined })))
}

/** The value of a header, whose name a client may write in any case. */
export function header({ header: headers }: Reply, wanted: string): string {
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
    isAsked() {
      // A clock that was turned back ends it, too.
      const waited = Date.now() - since
      return waited >= 0 && waited < asked
    },
    failed(seconds) {
      const spread = Math.random()
      wait = Math.min(wait * 2 || FIRST, LONGEST)
      asked = Math.min(seconds * 1000, LONGEST_ASKED)
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
