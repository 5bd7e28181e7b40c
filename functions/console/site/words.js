// What the console says, in two languages, and how it writes numbers and times.
const LANGUAGE = 'minipush.language'
const KNOWN = ['zh-CN', 'en']
let chosen = KNOWN.find((one) => one === localStorage.getItem(LANGUAGE)) || (navigator.language.startsWith('zh') ? 'zh-CN' : 'en')
let words = {}

export const language = () => chosen
export const other = () => KNOWN.find((one) => one !== chosen)
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone

const files = ['words']

/** Loads the words of a language, and remembers it. */
export async function speak(wanted = chosen) {
  const loaded = await Promise.all(files.map((file) => import(`./${file}.${wanted}.js`)))
  words = Object.assign({}, ...loaded.map((module) => module.default))
  chosen = wanted
  localStorage.setItem(LANGUAGE, wanted)
  document.documentElement.lang = wanted
}

/** For pages that are seldom opened. */
export async function speakMore(file) {
  if (files.includes(file)) return
  const { default: more } = await import(`./${file}.${chosen}.js`)
  words = { ...words, ...more }
  if (!files.includes(file)) files.push(file)
}

/** The words for a key. A key with a dot names one entry of a group: `reason.refused`. */
export function t(key, ...values) {
  const said = key.split('.').reduce((found, step) => found?.[step], words)
  return typeof said === 'function' ? said(...values) : said ?? key
}
/** The words for a key, or nothing: for names that the server may know and the console doesn't yet. */
export const known = (key) => { const said = t(key); return said === key ? '' : said }

const dates = (options) => new Intl.DateTimeFormat(chosen, options)
export const number = (value, digits = 0) => new Intl.NumberFormat(chosen, { maximumFractionDigits: digits }).format(value)
export const share = (value) => new Intl.NumberFormat(chosen, { style: 'percent', maximumFractionDigits: 1 }).format(value)
export const dollars = (value) => new Intl.NumberFormat(chosen, { style: 'currency', currency: 'USD', maximumFractionDigits: value < 1 ? 4 : 2 }).format(value)
/** In the operator's zone, which is named. */
export const instant = (value) => dates({ dateStyle: 'medium', timeStyle: 'short' }).format(new Date(value))
export const zoned = (value) => dates({ year: 'numeric', month: 'short', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' }).format(new Date(value))
export const clock = (value) => dates({ hour: '2-digit', minute: '2-digit' }).format(new Date(value))
/** Of a day in UTC, as the API counts days. */
export const day = (value) => dates({ month: 'numeric', day: 'numeric', timeZone: 'UTC' }).format(new Date(value))
export const weekday = (value) => dates({ weekday: 'short', day: 'numeric', timeZone: 'UTC' }).format(new Date(value))

const UNITS = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]]
/** Such as 2 分钟 or 2 minutes. */
export function duration(seconds) {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each * 1.5) || UNITS.at(-1)
  return new Intl.NumberFormat(chosen, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: seconds < 10 ? 1 : 0 }).format(seconds / size)
}
/** Such as 3 分钟前 or in 3 minutes. */
export function relative(value) {
  const seconds = (new Date(value) - Date.now()) / 1000
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each * 1.5) || UNITS.at(-1)
  return new Intl.RelativeTimeFormat(chosen, { numeric: 'auto' }).format(Math.round(seconds / size), unit)
}
