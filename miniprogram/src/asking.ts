import type { Answers, Events, Refusal } from './api'
import type { Failure, Host } from './host'
import type { Outbox } from './outbox'
import { json, Session } from './session'

/** How an ask ended. No answers: nobody was asked. */
export interface Outcome {
  answers: Answers
  refused?: Refusal | false
}

/** What to ask the user for. It is known before the tap: WeChat opens its popup only straight from one. */
export interface Asking {
  /** Fetch what to ask for at the next tap. Never rejects. */
  prepare(): Promise<string[]>
  /** Open the popup in this very turn, if there is something to ask for. Never rejects. */
  open(templateIds?: string[]): Promise<Outcome>
}

interface Prompt {
  template_ids: string[]
  long_term?: boolean
}

const NOTHING: Prompt = { template_ids: [] }
const SWITCHED_OFF = 20004
const BANNED = 20005

export function createAsking(host: Host, session: Session, outbox: Outbox, emit: (name: 'problem', event: Events['problem']) => void): Asking {
  let next = NOTHING
  let isOpen = false

  return { prepare, open }

  function prepare(): Promise<string[]> {
    return outbox.wake().then(() => {
      // The server would have the same question asked again.
      if (outbox.mine().some(({ list }) => list === 'subscriptions')) throw 0
      return session.send({ url: `/me/next-ask${sdkVersion()}`, method: 'GET' })
    }).then((reply) => {
      next = json<Prompt>(reply)
      return next.template_ids
    }).catch(() => [])
  }

  function open(templateIds?: string[]): Promise<Outcome> {
    const prepared = next
    const prompt = templateIds && templateIds.length ? { template_ids: templateIds } : prepared
    if (!prompt.template_ids.length || isOpen || !host.requestSubscribeMessage) return Promise.resolve({ answers: {} })
    next = NOTHING
    isOpen = true
    // A client that throws rejects the promise.
    return new Promise<Record<string, unknown>>((success, fail) =>
      host.requestSubscribeMessage!({ tmplIds: prompt.template_ids.slice(), success, fail }),
    ).then((result) => answered(prompt, result), (error) => failed(prepared, error))
  }

  /** One id for all answers of a popup: a report that is repeated counts once. */
  function answered({ template_ids, long_term }: Prompt, result: Record<string, unknown>): Outcome {
    isOpen = false
    const answers: Answers = {}
    const id = `${Date.now()}-${Math.random().toString(36).slice(2)}`
    const given = template_ids.filter((each) => typeof result[each] === 'string')
    outbox.add('subscriptions', given.map((template_id) => {
      const answer = (answers[template_id] = result[template_id] as string)
      return { id: id + template_id, fields: Object.assign({ id, template_id, result: answer }, long_term && { long_term }) }
    }))
    // The server knows what to ask next as soon as it has these answers.
    prepare()
    return { answers, refused: given.some((each) => answers[each] === 'ban') && { code: 'ban', canOpenSettings: false } }
  }

  function failed(prepared: Prompt, error: Failure): Outcome {
    isOpen = false
    const code = Number(error && error.errCode)
    // WeChat could not show it this time: the next tap tries again.
    if (!(code >= 20000)) next = prepared
    emit('problem', { what: 'ask', error })
    return { answers: {}, refused: (code === SWITCHED_OFF || code === BANNED) && { code, canOpenSettings: code === SWITCHED_OFF } }
  }

  /** The client's base library decides how many templates one popup may have. */
  function sdkVersion(): string {
    const info = host.getAppBaseInfo || host.getSystemInfoSync
    const known = info && info.call(host).SDKVersion
    return known ? `?sdk_version=${known}` : ''
  }
}
