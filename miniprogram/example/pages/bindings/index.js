const centre = require('minipush-centre/index')

const LEVELS = [
  { value: 'strong', name: '收消息并提醒' },
  { value: 'weak', name: '只收消息' },
  { value: 'none', name: '不收消息' },
]

Page({
  data: { busy: true, note: '', bindings: [], levels: LEVELS },

  onLoad() {
    this.load('')
  },

  load(note) {
    return centre.bindings().then(
      ({ items }) => this.setData({ busy: false, note, bindings: items.map(shown) }),
      () => this.setData({ busy: false, note: '没有连上，请稍后再试' }),
    )
  },

  act(promise, note) {
    if (this.data.busy) return
    this.setData({ busy: true, note: '' })
    promise().then(
      () => this.load(note),
      () => this.load('没有成功，请稍后再试'),
    )
  },

  onLevel({ currentTarget, detail }) {
    const level = LEVELS[detail.value].value
    this.act(() => centre.changeBinding(currentTarget.dataset.key, { level }), '已保存')
  },

  onMute({ currentTarget, detail }) {
    this.act(() => centre.changeBinding(currentTarget.dataset.key, { do_not_disturb: detail.value ? {} : null }), '已保存')
  },

  onUnbind({ currentTarget }) {
    wx.showModal({
      content: '解除后，它不能再给你发消息。',
      confirmText: '解除',
      success: ({ confirm }) => {
        if (confirm) this.act(() => centre.unbind(currentTarget.dataset.key), '已解除绑定')
      },
    })
  },
})

function shown({ key, appid, name, level, do_not_disturb }) {
  const place = LEVELS.map(({ value }) => value).indexOf(level)
  return { key, name: name || appid, place, level: LEVELS[place].name, isMuted: Boolean(do_not_disturb) }
}
