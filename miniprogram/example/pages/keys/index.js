const centre = require('minipush-centre/index')

Page({
  data: { busy: true, note: '', keys: [], label: '', made: null },

  onLoad() {
    this.load('')
  },

  load(note) {
    return centre.keys().then(
      ({ items }) => this.setData({ busy: false, note, keys: items }),
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

  onLabel({ detail }) {
    this.setData({ label: detail.value })
  },

  /** The key is told this once: it stays on the screen until the user leaves. */
  onMake() {
    const label = this.data.label.trim()
    if (label) this.act(() => centre.makeKey({ label }).then(({ key, push_url }) => this.setData({ label: '', made: { key, url: push_url } })), '')
    else this.setData({ note: '先给它起个名字' })
  },

  onCopy({ currentTarget }) {
    wx.setClipboardData({ data: currentTarget.dataset.text })
  },

  onPause({ currentTarget, detail }) {
    this.act(() => centre.changeKey(currentTarget.dataset.id, { paused: !detail.value }), '已保存')
  },

  onRemove({ currentTarget }) {
    wx.showModal({
      content: '删除后，用它推送的程序都会失败。',
      confirmText: '删除',
      success: ({ confirm }) => {
        if (confirm) this.act(() => centre.removeKey(currentTarget.dataset.id), '已删除')
      },
    })
  },
})
