// Calls to minipush. The browser adds the session's cookie, which no script can read.
const LONGEST = 35000

/** No answer, or one that was cut off: nobody knows whether the request did its work. */
export class Lost extends Error {}

/** A problem document (RFC 9457). `kind` is the anchor of its type, such as `missing-scope`. */
export class Refused extends Error {
  constructor(status, { type = '', detail = '', errors = [], reason } = {}) {
    super(detail || `HTTP ${status}`)
    Object.assign(this, { status, kind: type.split('#')[1] || '', errors, reason })
  }
}

export async function call(method, path, body, headers = {}) {
  const sent = { 'X-Minipush-Console': '1', ...headers }
  if (body !== undefined) sent['Content-Type'] = 'application/json'
  const answer = await fetch(path, {
    method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body),
    cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(LONGEST),
  }).catch(() => { throw new Lost() })
  if (answer.status === 204) return null
  const said = await answer.json().catch(() => null)
  // A gateway that can't reach the function sends no problem document of ours.
  if (said === null || (answer.status >= 502 && /#gateway$|^$/.test(said.type || ''))) throw new Lost()
  if (!answer.ok) throw new Refused(answer.status, said)
  return said
}

/** The path with those parameters that have a value. */
export const query = (path, parameters) => {
  const given = Object.entries(parameters).filter(([, value]) => value !== '' && value != null)
  return given.length ? `${path}?${new URLSearchParams(given)}` : path
}

export const segment = encodeURIComponent
