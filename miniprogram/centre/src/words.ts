/** What users read. */
import type { Category, Message, Reminder } from './api'

const BRIEF = 60 // characters
const MONTH = 30 * 86400000 // after it, the message centre takes no complaint

const CHANNELS: Record<string, string> = { bark: 'Bark', email: '邮件', sms: '短信', official: '公众号', subscribe: '订阅消息' }

const REASONS: Record<string, string> = {
  weak: '这个发送方只收消息，不提醒',
  do_not_disturb: '勿扰已开启',
  quiet_hours: '正在免打扰时段',
  unbound: '已解除绑定',
  app_banned: '发送方已被封禁',
  app_held: '发送方正在接受核查',
  no_channel: '还没有可用的提醒方式',
  channel_dead: '提醒方式已失效',
  provider_refused: '对方服务拒绝发送',
  provider_limit: '对方服务的次数已用完',
  provider_unavailable: '对方服务暂时不可用',
  too_long: '内容过长',
  expired: '已过提醒时限',
  content_blocked: '内容未通过审核',
  deleted: '消息已删除',
}

export const CATEGORIES: { value: Category; name: string }[] = [
  { value: 'annoying', name: '频繁打扰' },
  { value: 'advert', name: '广告推销' },
  { value: 'misleading', name: '内容误导' },
  { value: 'impersonation', name: '冒充他人' },
  { value: 'fraud', name: '欺诈' },
  { value: 'illegal', name: '违法违规' },
]

export const BIND_REFUSALS: Record<string, string> = {
  app_unknown: '这个小程序还没有登记，不能绑定。',
  app_banned: '这个小程序已被封禁，不能绑定。',
  invalid_ticket: '绑定凭证无效或已过期，请回到原来的小程序再试一次。',
  ticket_used: '绑定凭证已经用过，请回到原来的小程序再试一次。',
  openid_missing: '对方没有提供你的用户标识，不能绑定。',
  too_many_bindings: '你绑定的小程序太多了，请先解除一些。',
  unavailable: '暂时无法绑定，请稍后再试。',
  cancelled: '已取消绑定。',
}

/** What became of the reminder, no better than it is known. */
export function outcome({ status, channel, reason = '' }: Reminder): string {
  const by = channel ? CHANNELS[channel] || channel : ''
  const why = REASONS[reason] || reason || '原因未知'
  if (status === 'sent') return `已通过${by}提醒`
  if (status === 'failed') return `${by}提醒失败：${why}`
  if (status === 'skipped') return `没有提醒：${why}`
  return status === 'unknown' ? `已尝试通过${by}提醒，是否送达无法确认` : '正在提醒'
}

/** By the phone's clock: the time of today, or the date. */
export function time(at: string, now = new Date()): string {
  const then = new Date(at)
  const two = (part: number) => `0${part}`.slice(-2)
  const clock = `${two(then.getHours())}:${two(then.getMinutes())}`
  if (then.toDateString() === now.toDateString()) return clock
  const day = `${then.getMonth() + 1}月${then.getDate()}日`
  return then.getFullYear() === now.getFullYear() ? `${day} ${clock}` : `${then.getFullYear()}年${day}`
}

/** The host of an https address, as it will be reached: what stands before an @ is not part of it. '' for anything else. */
export function host(url = ''): string {
  const [, authority = ''] = /^https:\/\/([^/?#\\]+)/i.exec(url) || []
  return authority.replace(/^.*@/, '').toLowerCase()
}

/** A message as a list shows it. WeChat limits what goes to the view at once, so a list has the beginnings of texts alone. */
export interface Shown {
  id: string
  at: string
  appid: string
  name: string
  time: string
  title: string
  brief: string
  note: string
  isUnread: boolean
  /** The text is not checked yet. */
  isWaiting: boolean
  /** An app can be muted and complained about. */
  isApp: boolean
  canComplain: boolean
  reminder: string
  url: string
  host: string
  /** Of the sender's mini-program. */
  page: string
  copy: string
}

/** Nothing here shows Markdown. It loses its marks, and a link is followed by its address. ServerChan's has itself as the body. */
export function text({ markdown = '', body }: Message): string {
  return (body !== markdown && body) || markdown
    .replace(/!?\[([^[\]]*)\]\(([^()]+)\)/g, '$1 $2')
    .replace(/^(#+|>) |\*\*|~~|`+/gm, '')
}

export function shown(message: Message): Shown {
  const { id, from, title = '', url = '', page = '', copy = '', at, read, reminder } = message
  const isWaiting = message.checked === false
  return {
    id, at, title, copy,
    appid: from.appid || '',
    name: from.kind === 'centre' ? '消息中心' : from.name,
    time: time(at),
    brief: text(message).slice(0, BRIEF),
    note: message.content_blocked ? '内容未通过审核，已隐藏' : isWaiting ? '内容正在审核，通过后显示' : '',
    isUnread: !read,
    isWaiting,
    isApp: from.kind === 'app',
    canComplain: from.kind === 'app' && Date.now() - Date.parse(at) < MONTH,
    reminder: reminder ? outcome(reminder) : '',
    url: host(url) && url,
    host: host(url),
    page: from.appid ? page : '',
  }
}
