/** What the package offers: its types. Instants are ISO 8601 in UTC. index.ts has the functions. */

/** How a sender may reach the user: stored and reminded, stored, or refused. */
export type Level = 'strong' | 'weak' | 'none'

export type ChannelKind = 'bark' | 'email' | 'sms' | 'official' | 'subscribe'

/** The complaints that the message centre knows, by weight. */
export type Category = 'annoying' | 'advert' | 'misleading' | 'impersonation' | 'fraud' | 'illegal'

export interface DoNotDisturb {
  /** Absent: until it is switched off. */
  until?: string
}

/** How the user was reminded. A status that is none of these four is under way. */
export interface Reminder {
  status: 'sent' | 'failed' | 'skipped' | 'unknown' | string
  channel?: ChannelKind
  reason?: string
}

export interface Message {
  id: string
  /** `appid`: of an app. `name`: an app's registered name, or a key's label. */
  from: { kind: 'app' | 'key' | 'centre'; appid?: string; name: string }
  title?: string
  body?: string
  /** Takes the place of `body` where it can be shown. */
  markdown?: string
  url?: string
  /** Of the sender's mini-program. */
  page?: string
  copy?: string
  at: string
  read: boolean
  /** False: the text waits for its check, and is not here yet. */
  checked?: boolean
  /** The check refused the text. It is not here. */
  content_blocked?: boolean
  reminder?: Reminder
}

export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

/** Messages by their ids, 100 at most, or all that came before an instant. */
export type Which = { ids: string[] } | { before: string; appid?: string }

/** A third party's mini-program, as the operator registered it. */
export interface App {
  appid: string
  name: string
  icon_url?: string
  summary?: string
  status: string
}

/** What goes back to the third party, unchanged. */
export type ExtraData = Record<string, unknown>

export interface Binding {
  key: string
  appid: string
  name?: string
  level: Level
  confirmed: boolean
  do_not_disturb?: DoNotDisturb | null
}

export interface Channel {
  kind: ChannelKind
  /** Masked. */
  address?: string
  status: 'pending' | 'verified' | 'dead'
  reason?: string
}

export interface Key {
  id: string
  label: string
  level?: Level
  expires_at?: string | null
  paused?: boolean
}

export interface Settings {
  /** In which order the channels are tried. */
  channels: ChannelKind[]
  do_not_disturb: DoNotDisturb | null
  /** After a try whose outcome is unknown: try the next channel, or stop. */
  on_unknown: 'next' | 'stop'
  /** Senders may know what was read, and how the user was reminded. */
  receipts: boolean
  /** 99 stands for more. */
  unread: number
}

/** All of them reject with what `fail` of wx.request gets, or `{ errMsg, statusCode, data, retryAfter }`. */
export declare function inbox(wanted?: { limit?: number; cursor?: string; appid?: string; unread?: boolean }): Promise<Page<Message>>
/** Both resolve to what is unread now. */
export declare function read(which: Which): Promise<{ unread: number }>
export declare function remove(which: Which): Promise<{ unread: number }>
export declare function complain(id: string, complaint: { category: Category; text?: string }): Promise<{ status: string }>

export declare function app(appid: string): Promise<App>
export declare function bind(wanted: { appid: string; openid?: string; ticket?: string; level?: Level }): Promise<Binding & { extra_data: ExtraData }>
export declare function bindings(): Promise<Page<Binding>>
export declare function changeBinding(key: string, changes: { level?: Level; do_not_disturb?: DoNotDisturb | null }): Promise<Binding>
export declare function unbind(key: string): Promise<void>

export declare function settings(): Promise<Settings>
/** What `changes` lacks stays as it is. */
export declare function change(changes: Partial<Settings>): Promise<Settings>
export declare function channels(): Promise<Page<Channel>>
/** Bark, email and sms: a code goes to the address, and the channel is `pending`. */
export declare function setChannel(kind: ChannelKind, to: { address?: string; encryption?: { key: string } }): Promise<Channel>
export declare function verify(kind: ChannelKind, code: string): Promise<Channel>
export declare function tryChannel(kind: ChannelKind): Promise<Channel>
export declare function removeChannel(kind: ChannelKind): Promise<void>

export declare function keys(): Promise<Page<Key>>
/** The key is told this once. */
export declare function makeKey(wanted: { label: string; level?: Level; expires_at?: string }): Promise<Key & { key: string; push_url: string }>
export declare function changeKey(id: string, changes: Partial<Omit<Key, 'id'>>): Promise<Key>
export declare function removeKey(id: string): Promise<void>
