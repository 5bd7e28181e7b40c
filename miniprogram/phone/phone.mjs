/**
 * A phone: it runs a mini-program's own files on glass-easel, WeChat's open component framework, and enforces the rules
 * that depend on the client. Its own are the built-in tags, `wx` (see wx.mjs) and what a finger does.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as glassEasel from 'glass-easel'
import { MiniProgramEnv } from 'glass-easel-miniprogram-adapter'
import { compile, Modules } from './code.mjs'
import { properties, TAGS } from './tags.mjs'

/** What the engine reports instead of throwing: mistakes in handlers, and properties that a tag or a component lacks. */
export const complaints = []
glassEasel.addGlobalErrorListener((error) => void complaints.push(error))
glassEasel.addGlobalWarningListener((warning) => void complaints.push(warning))

/** `app`: the mini-program's folder. `packages`: the folder of each npm package. `wx`: see wx.mjs. */
export class Phone {
  #known = new Set()
  #timers = new Set()
  #stack = []

  constructor({ app, packages, wx }) {
    Object.assign(this, { root: app, wx, app: null })
    const env = new MiniProgramEnv()
    this.space = env.createCodeSpace('', true)
    this.#defineTags()
    this.backend = env.associateBackend(new glassEasel.EmptyBackendContext())
    this.modules = new Modules(app, packages, this.#globals())
    wx.opened = (url) => this.#openFromScript(url)
    wx.navigateBack = () => this.#back()
  }

  /** A cold start. `entry`: what WeChat tells the mini-program of it. */
  launch(entry = { scene: 1001 }) {
    const { pages } = this.#json('app')
    const options = { path: pages[0], query: {}, ...entry }
    this.modules.run(path.join(this.root, 'app'))
    this.app.onLaunch?.(options)
    this.app.onShow?.(options)
    return this.open(options.path)
  }

  /** Another mini-program opens this one, which may run already: its pages are closed then. */
  enter({ appId, path: page, extraData }) {
    this.wx.referrer = appId
    const entry = { path: page.replace(/^\//, ''), query: {}, scene: 1037, referrerInfo: { appId, extraData } }
    if (!this.app) return this.launch(entry)
    while (this.node) this.#close()
    this.wx.emit('AppShow', entry)
    this.app.onShow?.(entry)
    return this.open(entry.path)
  }

  /** A page by its path in app.json; its query goes to onLoad. */
  open(url) {
    const [name, query = ''] = url.replace(/^\//, '').split('?')
    this.#turn('hide')
    const base = path.join(this.root, name)
    this.#component(base)
    const root = this.backend.createRoot('page', this.space, base.slice(1))
    this.#stack.push(root.getComponent())
    glassEasel.Element.pretendAttached(root.getComponent())
    this.page.onLoad?.(Object.fromEntries(new URLSearchParams(query)))
    this.#turn('show')
    this.page.onReady?.()
    return this
  }

  get node() {
    return this.#stack.at(-1)
  }

  get page() {
    return this.node?.getMethodCaller()
  }

  /** The user goes to another app, and comes back. */
  hide() {
    this.#turn('hide')
    this.app.onHide?.()
    this.wx.emit('AppHide')
  }

  show(entry = { scene: 1089 }) {
    this.wx.emit('AppShow', entry)
    this.app.onShow?.(entry)
    this.#turn('show')
  }

  /** The system ends it: no timer fires again, no callback comes, and nothing more is written. */
  kill() {
    this.#timers.forEach(clearTimeout)
    this.wx.kill()
  }

  /**
   * A finger on an element: `tap` bubbles through all of it; then a form-type button acts on the form of its own component.
   * `isFast`: the view has not heard yet that the script has disabled the button.
   */
  async tap(node, { isFast = false } = {}) {
    const button = closest(node, 'wx-button', (each) => each.getComposedParent())
    if (button?.data.disabled && !isFast) return 'disabled'
    // The view decides at once, whatever the handlers of `tap` change afterwards.
    const form = button?.data.formType === 'submit' && closest(button, 'wx-form', (each) => each.parentNode)
    this.wx.inTap(() => glassEasel.triggerEvent(node, 'tap', {}, { bubbles: true, composed: true }))
    if (!form) return 'tapped'
    const formId = form.data.reportSubmit ? await this.wx.formId() : undefined
    if (!this.wx.isKilled) glassEasel.triggerEvent(form, 'submit', { formId, value: {} }, {})
    return 'submitted'
  }

  /** The user sets a switch, a picker or an input. */
  change(node, value) {
    glassEasel.triggerEvent(node, 'change', { value }, { bubbles: true })
  }

  /** The user types into an input or a textarea. */
  type(node, value) {
    glassEasel.triggerEvent(node, 'input', { value }, { bubbles: true })
  }

  /** Every element of the page, components' own ones included, in document order. */
  all(test) {
    return [...descendants(this.node)].filter((node) => node instanceof glassEasel.Element && test(node))
  }

  byClass(name) {
    return this.all((node) => String(node.class ?? '').split(' ').includes(name))
  }

  /** The button of the n-th push-button with that class: the finger's end of it. */
  button(name, n = 0) {
    const host = this.byClass(name)[n]
    return this.all((node) => node.is === 'wx-button').find((node) => isWithin(node, host))
  }

  text(node = this.node) {
    return [...descendants(node)].map((each) => each.textContent ?? '').join('')
  }

  /** The page in front, and its components, are shown or hidden. */
  #turn(to) {
    this.page?.[to === 'show' ? 'onShow' : 'onHide']?.()
    this.node?.triggerPageLifetime(to, [])
  }

  #close() {
    this.page.onUnload?.()
    glassEasel.Element.pretendDetached(this.#stack.pop())
  }

  #back() {
    this.#close()
    this.#turn('show')
  }

  #openFromScript(url) {
    const [name] = url.replace(/^\//, '').split('?')
    if (!this.#json('app').pages.includes(name)) throw { errMsg: `navigateTo:fail page "${name}" is not found` }
    this.open(url)
    return { errMsg: 'navigateTo:ok' }
  }

  #globals() {
    return {
      wx: this.wx,
      console,
      setTimeout: (run, ms) => this.#timer(run, ms),
      clearTimeout: (timer) => this.#end(timer),
      App: (definition) => { this.app = definition },
      getApp: () => this.app,
      getCurrentPages: () => this.#stack.map((node) => node.getMethodCaller()),
    }
  }

  /** Its timers end with it: otherwise a retry in five minutes would keep the test alive. */
  #timer(run, ms) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
    return timer
  }

  #end(timer) {
    this.#timers.delete(timer)
    clearTimeout(timer)
  }

  #defineTags() {
    const space = this.space.getComponentSpace()
    for (const tag of Object.keys(TAGS)) {
      const start = space.define(`wx-${tag}`).template(compile('<slot/>'))
      const builder = Object.entries(properties(tag)).reduce((made, [name, type]) => made.property(name, type), start)
      space.setGlobalUsingComponent(tag, builder.registerComponent())
    }
  }

  /** A page or component, and all that it uses. Paths in the code space are those of the disk, without the first slash. */
  #component(base) {
    if (this.#known.has(base)) return
    this.#known.add(base)
    const config = JSON.parse(readFileSync(`${base}.json`, 'utf8'))
    const usingComponents = {}
    for (const [tag, target] of Object.entries(config.usingComponents ?? {})) {
      usingComponents[tag] = this.modules.resolve(base, target)
      this.#component(usingComponents[tag])
    }
    const key = base.slice(1)
    this.space.addComponentStaticConfig(key, { ...config, usingComponents })
    this.space.addCompiledTemplate(key, compile(readFileSync(`${base}.wxml`, 'utf8'), `${base}.wxml`))
    this.space.componentEnv(key, (env) => this.modules.run(base, env))
  }

  #json(name) {
    return JSON.parse(readFileSync(path.join(this.root, `${name}.json`), 'utf8'))
  }
}

function closest(node, is, parent) {
  let each = node
  while (each && each.is !== is) each = parent(each)
  return each
}

export function isWithin(node, host) {
  for (let each = node; each; each = each.getComposedParent()) if (each === host) return true
  return false
}

function* descendants(node) {
  yield node
  for (const child of node.getComposedChildren?.() ?? []) yield* descendants(child)
}
