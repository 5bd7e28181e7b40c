// The frame around all pages: who is signed in, which page is open, what it has loaded, and when it looks again.
import { call, Lost, Refused } from './api.js'
import { frame } from './frame.js'
import { signIn } from './sign_in.js'
import { kept } from './typed.js'
import { render } from './vendor/lit-html.js'
import { other, speak, speakMore, t } from './words.js'

const [LIVE, LONGEST, UNTIL] = [2000, 30000, 'minipush.until']
const later = (name, words = 'more') => () => Promise.all([import(`./${name}.js`), speakMore('more'), speakMore(words)]).then(([module]) => module)
/** Each page is loaded when it is first opened. */
const PAGES = {
  overview: () => import('./overview.js'), campaigns: later('campaigns'), access: later('access'),
  campaign: later('campaign'), new: later('compose'), edit: later('compose'), users: later('users'), templates: later('templates'),
  centre: later('centre', 'centre_words'),
}
let timer = 0
let round = 0

/**
 * What the views get. `parts`: what the open page has loaded, by name; `local`: what it keeps while it is open.
 * `until`: when the session ends; '' without one. `back`: the key or id of what had the focus as it ended.
 */
const app = {
  until: localStorage.getItem(UNTIL) || '', operator: null, name: '', page: null, args: [], query: new URLSearchParams(),
  parts: {}, local: {}, busy: new Set(), dialog: null, back: '', failures: 0, notice: '', error: null,
  draw, look, go, signIn: enter, signOut: leave, ask, act, switchLanguage,
  can: (scope) => !app.operator || app.operator.scopes.includes(scope),
}

const page = () => app.page

/** `#/campaigns/c-1` is the page `campaign` with the argument `c-1`. */
function locate() {
  const [path, search] = location.hash.slice(2).split('?')
  const [name, ...args] = path.split('/').map(decode)
  app.query = new URLSearchParams(search)
  app.args = args
  app.name = name === 'campaigns' && args.length ? (args[1] === 'edit' ? 'edit' : 'campaign') : Object.hasOwn(PAGES, name) ? name : 'overview'
}

function decode(text) {
  try { return decodeURIComponent(text) } catch { return text }
}

function draw() {
  const signedIn = Boolean(app.until)
  document.title = `${t(signedIn ? `title.${app.name}` : 'signIn')} · minipush`
  const held = document.activeElement?.dataset.key
  render(signedIn ? frame(app, page()) : signIn(app), document.body)
  keepFocus(held)
  const dialog = document.querySelector('dialog')
  if (app.dialog && !dialog.open) dialog.showModal()
  if (!app.dialog && dialog?.open) dialog.close()
}

/**
 * A list that gained or lost a row must not put the focus on another campaign's button. Of one that is gone, the focus
 * goes to the heading of the one in its place.
 */
function keepFocus(held) {
  if (!held || document.activeElement?.dataset.key === held) return
  const same = find(held)
  if (same) same.focus()
  else (document.activeElement?.closest('.campaign')?.querySelector('a') || document.getElementById('main'))?.focus({ preventScroll: true })
}

const find = (key) => document.querySelector(`[data-key="${CSS.escape(key)}"]`) || document.getElementById(key)

/** To the place where the session ended, and into the dialog in which something was typed. */
function goBack() {
  const { back } = app
  app.back = ''
  const place = back && find(back)
  if (!place) return
  place.focus()
  if (kept(back)) place.click()
}

/** Load what the page needs. Answers that come after the next round began are dropped. */
async function look() {
  clearTimeout(timer)
  if (!app.until || !page()) return draw()
  const mine = ++round
  const needs = { operator: '/operator', sending: '/sending', ...page().needs(app) }
  if (app.operator) delete needs.operator
  const lost = await Promise.all(Object.entries(needs).map(([name, path]) => path && load(name, path, mine)))
  if (mine !== round) return
  app.failures = lost.includes(true) ? app.failures + 1 : 0
  draw()
  goBack()
  wait()
}

/** Whether the connection was lost. */
async function load(name, path, mine) {
  let part
  try { part = { path, value: await call('GET', path) } } catch (error) {
    if (error instanceof Lost) return true
    if (mine === round && error.status === 401) return ended()
    part = { path, problem: error }
  }
  if (mine !== round) return false
  if (name === 'operator') welcome(part)
  app.parts[name] = part
  draw()
  return false
}

function welcome({ value, problem }) {
  if (problem) return
  app.operator = value
  app.until = value.session_until || app.until
  localStorage.setItem(UNTIL, app.until)
}

/** Look again: soon while something runs, later and later while nothing answers, and when a campaign is due. */
function wait() {
  clearTimeout(timer)
  if (document.hidden || !app.until || !page()) return
  const due = page().due?.(app) || Infinity
  const pause = app.failures ? Math.min(LIVE * 2 ** (app.failures - 1), LONGEST) : page().isLive?.(app) ? LIVE : due
  if (pause < 2 ** 31) timer = setTimeout(look, Math.max(pause, LIVE))
}

async function enter(key) {
  await act('enter', async () => {
    await call('POST', '/console/session', { key })
    app.until = new Date(Date.now() + 60000).toISOString()
    await opened()
  })
}

async function leave() {
  await act('leave', async () => {
    await call('DELETE', '/console/session')
    sessionStorage.clear()
    ended('')
  })
}

function ended(notice = t('sessionEnded'), back = app.dialog?.input?.key || document.activeElement?.id) {
  clearTimeout(timer)
  round += 1
  localStorage.removeItem(UNTIL)
  Object.assign(app, { until: '', operator: null, parts: {}, dialog: null, failures: 0, notice, error: null, back })
  draw()
}

/** Open a dialog: {title, text, confirm, danger, input, run}. Its harmless button has the focus. */
function ask(dialog) {
  app.dialog = dialog
  draw()
}

/** Do something once at a time, and say what went wrong. Answers whether it worked. */
async function act(id, run) {
  if (app.busy.has(id)) return false
  app.busy.add(id)
  Object.assign(app, { error: null, notice: '' })
  draw()
  try { await run() } catch (error) {
    if (!(error instanceof Lost || error instanceof Refused)) throw error
    if (error.status === 401 && app.until) ended(undefined, id)
    else app.error = error
    return false
  } finally {
    app.busy.delete(id)
    draw()
  }
  return true
}

function go(hash) {
  if (location.hash === hash) opened()
  else location.hash = hash
}

async function opened() {
  locate()
  round += 1
  Object.assign(app, { page: null, parts: { sending: app.parts.sending }, local: { longer: app.back && app.local.longer }, notice: '', error: null })
  if (app.until) await turnTo(app.name)
  draw()
  if (!app.until) return
  document.getElementById('main').focus({ preventScroll: true })
  scrollTo(0, 0)
  look()
}

/** Without a connection the page can't be loaded: its place says so, and `look` tries again. */
async function turnTo(name) {
  try {
    const module = await PAGES[name]()
    if (name !== app.name) return
    app.page = module
    module.open?.(app)
  } catch {
    app.failures += 1
    setTimeout(() => { if (!app.page) opened() }, LONGEST / 10)
  }
}

async function switchLanguage() {
  await speak(other())
  draw()
}

addEventListener('hashchange', () => { app.back = ''; opened() })
addEventListener('resize', draw)
addEventListener('online', look)
document.addEventListener('visibilitychange', () => { if (!document.hidden) look() })
await speak()
if (Date.parse(app.until) < Date.now()) app.until = ''
document.body.textContent = ''
opened()
