const { setup } = require('minipush/index')
const { api } = require('./config')

App({
  onLaunch() {
    this.push = setup({ baseUrl: api })
    this.push.on('problem', ({ what, error }) => console.warn('minipush', what, error))
  },
})
