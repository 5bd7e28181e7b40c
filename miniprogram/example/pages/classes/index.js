const { minipush } = require('minipush/index')
const { shop } = require('../../config')

Page({
  data: {
    canOpenSettings: false,
    classes: [
      { id: 1, name: '晚间瑜伽', time: '今晚 19:30', teacher: '林老师', price: 68, booked: false, paid: false },
      { id: 2, name: '普拉提', time: '明早 07:30', teacher: '陈老师', price: 88, booked: false, paid: false },
      { id: 3, name: '周末冥想', time: '周六 10:00', teacher: '阿May', price: 48, booked: false, paid: false },
    ],
  },

  // WeChat opens its popup straight from a tap alone, so the question is fetched before.
  onShow() {
    minipush().prepareAsk()
  },

  onBook(event) {
    this.change(event, { booked: true })
  },

  onCancel(event) {
    this.change(event, { booked: false, paid: false })
  },

  onPay(event) {
    const { id } = event.currentTarget.dataset
    const failed = () => wx.showToast({ title: '付款要接你自己的服务器', icon: 'none' })
    minipush().request({
      url: `${shop}/orders`,
      method: 'POST',
      data: { class: id },
      success: ({ statusCode, data }) => (statusCode === 200 ? this.payFor(event, data) : failed()),
      fail: failed,
    })
  },

  /** `payment`: what WeChat Pay wants. Its `package` is `prepay_id=…`, which is worth three messages. */
  payFor(event, payment) {
    wx.requestPayment(
      Object.assign({}, payment, {
        success: () => {
          minipush().pay(payment.package)
          this.change(event, { paid: true })
        },
      }),
    )
  },

  onRefused({ detail }) {
    this.setData({ canOpenSettings: detail.canOpenSettings })
  },

  onSettings() {
    wx.navigateTo({ url: '/pages/settings/index' })
  },

  change(event, changes) {
    const { id } = event.currentTarget.dataset
    this.setData({ classes: this.data.classes.map((each) => (each.id === id ? Object.assign({}, each, changes) : each)) })
  },
})
