const { minipush } = require('minipush/index')

Page({
  data: {
    optOut: false,
    quiet: false,
    from: '22:00',
    to: '08:00',
    busy: true,
    note: '',
    // With the message centre. Without it, leave them out, and the pages.
    more: [
      { name: '收件箱', url: '/pages/inbox/index' },
      { name: '提醒方式', url: '/pages/channels/index' },
      { name: '推送密钥', url: '/pages/keys/index' },
      { name: '已绑定的小程序', url: '/pages/bindings/index' },
    ],
  },

  onLoad() {
    this.settle(minipush().settings(), '')
  },

  onReceive({ detail }) {
    this.settle(minipush().change({ opt_out: !detail.value }), '已保存')
  },

  onQuiet({ detail }) {
    this.save(detail.value)
  },

  onFrom({ detail }) {
    this.setData({ from: detail.value })
    this.save(true)
  },

  onTo({ detail }) {
    this.setData({ to: detail.value })
    this.save(true)
  },

  onMore({ currentTarget }) {
    wx.navigateTo({ url: currentTarget.dataset.url })
  },

  save(quiet) {
    const { from, to } = this.data
    const hours = quiet ? { from, to, timezone: 'Asia/Shanghai' } : null
    this.settle(minipush().change({ quiet_hours: hours }), '已保存')
  },

  /** Show what minipush has, whatever was tapped. */
  settle(promise, note) {
    this.setData({ busy: true, note: '' })
    promise.then(
      ({ opt_out, quiet_hours }) => {
        const hours = quiet_hours ? { from: quiet_hours.from, to: quiet_hours.to } : {}
        this.setData(Object.assign({ optOut: opt_out, quiet: Boolean(quiet_hours), busy: false, note }, hours))
      },
      () => this.setData({ busy: false, optOut: this.data.optOut, quiet: this.data.quiet, note: '没有连上，请稍后再试' }),
    )
  },
})
