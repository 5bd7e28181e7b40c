/** What the package offers: its types. index.ts has the functions. */

/** By template id: `accept`, `reject`, `ban`, `filter`, or an `accept…` of a newer client. */
export type Answers = Record<string, string>

/** Asking again is useless: the user switched subscriptions off (20004), or WeChat banned them (20005, `ban`). */
export interface Refusal {
  code: number | 'ban'
  canOpenSettings: boolean
}

export interface QuietHours {
  /** As '22:00'. */
  from: string
  to: string
  /** An IANA name, as 'Asia/Shanghai'. */
  timezone: string
}

export interface Settings {
  /** No messages but those that are essential. */
  opt_out: boolean
  quiet_hours: QuietHours | null
}

export type Dropped = 'mock' | 'expired' | 'overflow' | 'refused'

export interface Events {
  /** minipush has confirmed `entries`, of which `stored` were new. */
  uploaded: { entries: number; stored: number }
  dropped: { reason: Dropped; count: number }
  /** Something failed that the kit tries again, or that the app can do nothing about. */
  problem: { what: 'upload' | 'storage' | 'ask'; error: unknown }
}

export interface Options {
  /** Your deployment: the stack's output ApiUrl, or your domain that is mapped to it. */
  baseUrl: string | { develop: string; trial: string; release: string }
  /** How many new entries make an upload. 5 by default. */
  threshold?: number
  /** `wx` by default. Another one lacks what it likes, except for request, login and storage. */
  host?: object
}

/** Only `login`, `settings` and `change` reject, and a rejection that nobody awaits is no error. */
export interface Minipush {
  /** Keep a formId until minipush has it. False: it is none of WeChat's, or is held already. */
  collect(formId: unknown): boolean
  /** Keep a payment's prepay_id, with or without `prepay_id=`. */
  pay(prepayId: string): void
  /** Upload now. */
  flush(): Promise<void>
  /** How many entries wait for their upload. */
  readonly pending: number
  /** How many entries were given up since the start, and why. */
  readonly dropped: Readonly<Record<Dropped, number>>
  /** Fetch what to ask the user for, before the tap. */
  prepareAsk(): Promise<string[]>
  /** Ask, first thing in a tap's handler. Resolves to {} where nobody was asked. */
  ask(templateIds?: string[]): Promise<Answers>
  /** Resolves to the user's openid. */
  login(): Promise<string>
  settings(): Promise<Settings>
  /** What `changes` lacks stays as it is. */
  change(changes: Partial<Settings>): Promise<Settings>
  /**
   * wx.request with the user's session, for your own server alone: it gets the session's token. A path is one of
   * minipush's own. Resolves after `complete`.
   */
  request(option: WechatMiniprogram.RequestOption): Promise<void>
  /** Returns what ends it. */
  on<E extends keyof Events>(name: E, listener: (event: Events[E]) => void): () => void
}

/** Once, in app.js. */
export declare function setup(options: Options): Minipush

/** What setup made; null before it. */
export declare function minipush(): Minipush | null
