const centre = require('minipush-centre/index')

const HOUR = 3600000
const KINDS = [
  { kind: 'bark', name: 'Bark', hint: '设备 key，或 Bark 里的推送地址' },
  { kind: 'email', name: '邮件', hint: '邮箱地址' },
  { kind: 'sms', name: '短信', hint: '手机号，如 +8613800000000' },
  { kind: 'official', name: '公众号', hint: '' },
  { kind: 'subscribe', name: '订阅消息', hint: '' },
]
/** What the answer says, whatever was tried. */
const FAILURES = { 401: '登录已失效，请重新打开小程序', 429: '次数太多，请稍后再试', 503: '服务暂时不可用，请稍后再试' }
const STATUS = { pending: '等待验证', verified: '已启用', dead: '已失效，请重新设置' }

Page({
  data: { busy: true, note: '', rows: [], until: '', stopsIfUnknown: false, receipts: false },

  onLoad() {
    this.given = {}
    this.load('')
  },

  load(note) {
    return Promise.all([centre.settings(), centre.channels()]).then(
      ([settings, { items }]) => this.setData(Object.assign({ busy: false, note, rows: rows(settings.channels, items) }, view(settings))),
      () => this.setData({ busy: false, note: '没有连上，请稍后再试' }),
    )
  },

  /** Do it, and show what minipush has then. `why` says what it means that minipush can't take what was given. */
  act(promise, note, why) {
    if (this.data.busy) return
    this.setData({ busy: true, note: '' })
    promise().then(
      () => this.load(note),
      ({ statusCode }) => this.load(FAILURES[statusCode] || (statusCode < 500 && why) || '没有成功，请稍后再试'),
    )
  },

  onInput({ currentTarget, detail }) {
    const { kind, field } = currentTarget.dataset
    this.given[kind] = Object.assign({}, this.given[kind], { [field]: detail.value })
  },

  onSet({ currentTarget }) {
    const { kind } = currentTarget.dataset
    const { address = '', secret = '' } = this.given[kind] || {}
    const to = address ? Object.assign({ address: address.trim() }, secret && { encryption: { key: secret } }) : {}
    if (address) this.act(() => centre.setChannel(kind, to), '验证码已发出，十分钟内有效', '没有设置成功，请检查填写的内容')
    else this.act(() => centre.setChannel(kind, to).then(() => this.append(kind)), '已启用', '没有启用成功，请先关注公众号，或允许订阅消息')
  },

  onVerify({ currentTarget }) {
    const { kind } = currentTarget.dataset
    const { code = '' } = this.given[kind] || {}
    this.act(() => centre.verify(kind, code.trim()).then(() => this.append(kind)), '已启用', '验证码不对，或已过期')
  },

  onUse({ currentTarget }) {
    this.act(() => this.append(currentTarget.dataset.kind), '已启用')
  },

  /** A new channel comes last in the order. One that is not there is not used. */
  append(kind) {
    return centre.settings().then(({ channels }) => (channels.indexOf(kind) < 0 ? centre.change({ channels: channels.concat([kind]) }) : null))
  },

  onUp({ currentTarget }) {
    const order = this.data.rows.filter(({ isOn }) => isOn).map(({ kind }) => kind)
    const n = order.indexOf(currentTarget.dataset.kind)
    if (n < 1) return
    order.splice(n - 1, 2, order[n], order[n - 1])
    this.act(() => centre.change({ channels: order }), '已保存')
  },

  onTest({ currentTarget }) {
    this.act(() => centre.tryChannel(currentTarget.dataset.kind), '测试提醒已发出', '没有发出，请检查设置')
  },

  onRemove({ currentTarget }) {
    this.act(() => centre.removeChannel(currentTarget.dataset.kind), '已删除')
  },

  onQuiet({ currentTarget }) {
    const { hours } = currentTarget.dataset
    const until = hours ? { until: new Date(Date.now() + hours * HOUR).toISOString() } : null
    this.act(() => centre.change({ do_not_disturb: until }), '已保存')
  },

  onUnknown({ detail }) {
    this.act(() => centre.change({ on_unknown: detail.value ? 'stop' : 'next' }), '已保存')
  },

  onReceipts({ detail }) {
    this.act(() => centre.change({ receipts: detail.value }), '已保存')
  },
})

/** The channels that are on, in their order, and then the others. */
function rows(order, items) {
  const place = ({ kind }) => (order.indexOf(kind) + 1 || 9)
  return KINDS.map((each) => {
    const { address = '', status = '' } = items.filter(({ kind }) => kind === each.kind)[0] || {}
    const isOn = order.indexOf(each.kind) >= 0
    const isUnused = status === 'verified' && !isOn
    return Object.assign({ address, status, statusText: isUnused ? '未启用' : STATUS[status] || '未设置', isOn, isUnused }, each)
  }).sort((one, other) => place(one) - place(other))
}

function view({ do_not_disturb, on_unknown, receipts }) {
  return {
    until: do_not_disturb ? end(do_not_disturb) : '',
    stopsIfUnknown: on_unknown === 'stop',
    receipts,
  }
}

/** When it ends; '' if it has. */
function end({ until }) {
  if (!until) return '你关闭为止'
  const time = new Date(until)
  const two = (part) => `0${part}`.slice(-2)
  return time > Date.now() ? `${time.getMonth() + 1}月${time.getDate()}日 ${two(time.getHours())}:${two(time.getMinutes())}` : ''
}
