// What is typed: kept in the tab until it is sent, so that a reload or a new sign-in loses nothing. Never a key or a secret.
const place = (name) => `minipush.${name}`

/** null: nothing is kept. */
export const kept = (name) => { try { return JSON.parse(sessionStorage.getItem(place(name))) } catch { return null } }
export const keep = (name, value) => sessionStorage.setItem(place(name), JSON.stringify(value))
export const forget = (name) => sessionStorage.removeItem(place(name))
