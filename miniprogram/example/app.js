const { setup } = require('minipush/index')
const { entered } = require('minipush-centre/entry')
const { api } = require('./config')

App({
  onLaunch() {
    this.push = setup({ baseUrl: api })
    this.push.on('problem', ({ what, error }) => console.warn('minipush', what, error))
  },

  // Only here does WeChat tell which mini-program has opened this one.
  onShow(options) {
    entered(options)
  },
})
