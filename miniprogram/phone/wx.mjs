/** The part of `wx` that the kit, the message centre and the example use, with WeChat's rules. What is behind it comes from a `world`. */

const METHODS = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']
const NO_TAP = { errMsg: 'requestSubscribeMessage:fail can only be invoked by user TAP gesture.' }
const NO_JUMP = { errMsg: 'navigateToMiniProgram:fail can only be invoked by user TAP gesture.' }
const MOCK = { devtools: 'the formId is a mock one', old: 'the formId is no longer available in develop or trial version of this mini program' }

/**
 * `world` has login(), request(option), popup(templateIds), pay() and formId(), all async. `storage` outlives the program.
 * `envVersion`: `develop` and `trial` get no real formId.
 */
export class Wx {
  /** When WeChat calls back: in a turn of its own. */
  later = setImmediate
  isOnline = true
  isKilled = false
  storageFails = false
  /** What the user says to the next question. */
  confirms = true
  clipboard = ''
  toasts = []
  /** The mini-program that has opened this one, and waits below it. */
  referrer = ''
  #isInTap = false
  #isPopupOpen = false
  #listeners = { AppShow: [], AppHide: [], NetworkStatusChange: [] }

  constructor({ world, storage = new Map(), envVersion = 'release', SDKVersion = '3.12.1' }) {
    Object.assign(this, { world, storage, envVersion, SDKVersion })
    for (const name of Object.getOwnPropertyNames(Wx.prototype)) {
      if (name !== 'constructor') this[name] = this[name].bind(this)
    }
  }

  getAccountInfoSync() {
    return { miniProgram: { appId: 'touristappid', envVersion: this.envVersion, version: '' } }
  }

  getAppBaseInfo() {
    return { SDKVersion: this.SDKVersion }
  }

  getStorageSync(key) {
    if (this.storageFails) throw new Error('getStorageSync:fail')
    return this.storage.has(key) ? JSON.parse(this.storage.get(key)) : ''
  }

  setStorageSync(key, value) {
    if (this.isKilled) return
    if (this.storageFails) throw new Error('setStorageSync:fail exceed the storage limit')
    this.storage.set(key, JSON.stringify(value))
  }

  onAppShow(listener) { this.#listeners.AppShow.push(listener) }
  onAppHide(listener) { this.#listeners.AppHide.push(listener) }
  onNetworkStatusChange(listener) { this.#listeners.NetworkStatusChange.push(listener) }

  login(option) {
    this.#answer(option, async () => ({ errMsg: 'login:ok', code: await this.world.login() }))
  }

  /** Any status is a success; a failure means that no answer was seen. */
  request(option) {
    const { method = 'GET' } = option
    this.#answer(option, async () => {
      if (!METHODS.includes(method)) throw { errMsg: 'request:fail method is invalid' }
      if (!this.isOnline) throw { errMsg: 'request:fail ' }
      return this.world.request({ ...option, method })
    })
    return { abort() {} }
  }

  /** Only straight from a tap, and one at a time. */
  requestSubscribeMessage(option) {
    const isAllowed = this.#isInTap
    this.#answer(option, async () => {
      if (!isAllowed) throw NO_TAP
      if (this.#isPopupOpen) throw { errMsg: 'requestSubscribeMessage:fail last call has not ended', errCode: 10003 }
      this.#isPopupOpen = true
      const result = await this.world.popup(option.tmplIds)
      this.#isPopupOpen = false
      if (result.errCode) throw result
      return result
    })
  }

  requestPayment(option) {
    this.#answer(option, async () => ({ errMsg: 'requestPayment:ok' }))
  }

  /** Only straight from a tap, and if the user agrees. The phone decides what comes of it. */
  navigateToMiniProgram(option) {
    const isAllowed = this.#isInTap
    this.#answer(option, async () => {
      if (!isAllowed) throw NO_JUMP
      if (!this.confirms) throw { errMsg: 'navigateToMiniProgram:fail cancel' }
      this.jumped?.(option)
      return { errMsg: 'navigateToMiniProgram:ok' }
    })
  }

  /** Only where another mini-program has opened this one, and once. */
  navigateBackMiniProgram(option) {
    this.#answer(option, async () => {
      if (!this.referrer) throw { errMsg: 'navigateBackMiniProgram:fail no referrer' }
      this.referrer = ''
      this.left?.(option.extraData)
      return { errMsg: 'navigateBackMiniProgram:ok' }
    })
  }

  setClipboardData(option) {
    this.#answer(option, async () => {
      this.clipboard = option.data
      this.toasts.push('内容已复制')
      return { errMsg: 'setClipboardData:ok' }
    })
  }

  showModal(option) {
    this.#answer(option, async () => ({ errMsg: 'showModal:ok', confirm: this.confirms, cancel: !this.confirms }))
  }

  showToast({ title }) {
    this.toasts.push(title)
  }

  openSetting() {}

  /** To a page, by the phone. */
  navigateTo(option) {
    this.#answer(option, async () => this.opened(option.url))
  }

  /** The mini-programs here have no tab bar. */
  switchTab(option) {
    this.#answer(option, async () => { throw { errMsg: 'switchTab:fail can not switch to no-tabBar page' } })
  }

  // ---- for the phone

  inTap(run) {
    this.#isInTap = true
    try {
      run()
    } finally {
      this.#isInTap = false
    }
  }

  async formId() {
    if (this.envVersion === 'release') return this.world.formId()
    return this.envVersion === 'devtools' ? MOCK.devtools : MOCK.old
  }

  emit(event, value) {
    this.#listeners[event].slice().forEach((listener) => listener(value))
  }

  kill() {
    this.isKilled = true
    for (const name of Object.keys(this.#listeners)) this.#listeners[name] = []
  }

  /** WeChat calls back later, and never into a program that is gone. */
  #answer({ success, fail, complete }, ask) {
    if (this.isKilled) return
    const end = (call) => (result) => {
      if (this.isKilled) return
      call?.(result)
      complete?.(result)
    }
    new Promise((resolve) => this.later(resolve)).then(ask).then(end(success), end(fail))
  }
}
