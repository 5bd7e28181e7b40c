// What the console says, in two languages, and how it writes numbers and times.
const LANGUAGE = 'minipush.language'
const KNOWN = ['zh-CN', 'en']
let chosen = KNOWN.find((one) => one === localStorage.getItem(LANGUAGE)) || (navigator.language.startsWith('zh') ? 'zh-CN' : 'en')
let words = {}

export const language = () => chosen
export const other = () => KNOWN.find((one) => one !== chosen)
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone

const files = new Set(['words'])
let wanted = chosen
let spoken = ''

/** Loads the words of a language, and remembers it. If another one, or more words, were wanted meanwhile, it is those. */
export async function speak(asked = wanted) {
  wanted = asked
  const needed = [...files].map((file) => `./${file}.${asked}.js`)
  if (spoken === needed.join()) return
  const loaded = await Promise.all(needed.map((path) => import(path))).catch((error) => { wanted = chosen; throw error })
  if (asked !== wanted || needed.length !== files.size) return speak()
  words = Object.assign({}, ...loaded.map((module) => module.default))
  ;[chosen, spoken] = [asked, needed.join()]
  localStorage.setItem(LANGUAGE, chosen)
  document.documentElement.lang = chosen
}

/** For pages that are seldom opened. */
export const speakMore = (file) => speak(files.add(file) && wanted)

/** The words for a key. A key with a dot names one entry of a group: `reason.refused`. */
export function t(key, ...values) {
  const said = key.split('.').reduce((found, step) => found?.[step], words)
  return typeof said === 'function' ? said(...values) : said ?? key
}
/** The words for a key, or nothing: for names that the server may know and the console doesn't yet. */
export const known = (key, ...values) => { const said = t(key, ...values); return said === key ? '' : said }

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
