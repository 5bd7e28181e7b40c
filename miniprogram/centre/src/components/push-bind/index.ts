import { app, bind, bindings } from '../../index'
import { answered, entry, type Entry } from '../../entry'
import type { ExtraData, Level } from '../../api'
import { BIND_REFUSALS } from '../../words'

/** `statusCode`: absent where no answer was seen. */
interface Failure {
  statusCode?: number
  data?: { extra_data?: ExtraData }
}

/** `isInDoubt`: an earlier try may have bound. */
interface Own {
  asked?: Entry
  answer?: ExtraData | null
  isInDoubt?: boolean
}

const LEVELS: { value: Level; name: string; hint: string }[] = [
  { value: 'strong', name: '收消息并提醒', hint: '按你设置的方式提醒' },
  { value: 'weak', name: '只收消息', hint: '放进收件箱，不提醒' },
  { value: 'none', name: '不收消息', hint: '以后可以再打开' },
]

/**
 * `plain`: nobody asks. `ask`: the user decides. `offline`: nothing is known, and the user can try again. `bound` and
 * `refused`: decided, and the answer is on its way to the third party.
 */
type Phase = 'plain' | 'loading' | 'ask' | 'offline' | 'bound' | 'refused'

Component({
  data: {
    phase: 'plain' as Phase,
    isBusy: false,
    name: '',
    /** What the third party calls itself, where that is another name. */
    otherName: '',
    summary: '',
    icon: '',
    levels: LEVELS,
    level: 'strong' as Level,
    message: '',
    isStuck: false,
  },
  lifetimes: {
    attached() {
      this.meet()
    },
  },
  pageLifetimes: {
    show() {
      this.meet()
    },
  },
  methods: {
    /** A page that comes back from the background goes on with its request. A new request begins anew. */
    meet() {
      const now = entry()
      if (!now || asked(this) === now) return
      Object.assign(this, { asked: now, answer: null, isInDoubt: false })
      this.setData({ phase: 'loading', isBusy: false, level: 'strong', otherName: '', message: '', isStuck: false })
      this.look(now)
    },

    look(now: Entry) {
      app(now.appid).then(({ name, summary = '', icon_url: icon = '', status }) => {
        if (asked(this) !== now) return
        if (status === 'banned') return this.decide(refusal('app_banned'))
        this.setData({ phase: 'ask', name, summary, icon, otherName: other(now.extra.appName, name) })
      }).catch((error: Failure) => {
        if (asked(this) !== now) return
        if (error.statusCode === 404) this.decide(known(error) || refusal('app_unknown'))
        else this.setData({ phase: 'offline', message: BIND_REFUSALS.unavailable! })
      })
    },

    onLevel({ detail }: { detail: { value: Level } }) {
      this.setData({ level: detail.value })
    },

    /** Two taps are one binding. */
    onBind() {
      const now = asked(this)
      if (!now || this.data.isBusy) return
      this.setData({ isBusy: true, message: '' })
      this.consent(now).then(({ extra_data: answer }) => {
        if (entry() === now) this.decide(answer)
      }).catch((error: Failure) => {
        if (entry() !== now) return
        if (isFinal(error)) return this.decide(known(error) || refusal('unavailable'))
        held(this).isInDoubt = true
        this.setData({ isBusy: false, message: BIND_REFUSALS.unavailable! })
      })
    },

    /** A try whose answer was lost may have bound, and spent the ticket. minipush keeps what the ticket has confirmed. */
    consent({ appid, extra: { openid, ticket } }: Entry) {
      const wanted = { appid, openid: text(openid), level: this.data.level }
      const bound = bind(Object.assign({ ticket: text(ticket) }, wanted))
      if (!held(this).isInDoubt) return bound
      return bound.catch((error: Failure) => {
        if (!isUsed(error)) throw error
        return bindings().then(({ items }) => {
          if (!items.some((each) => each.appid === appid && each.confirmed)) throw error
          return bind(wanted)
        })
      })
    },

    /** Where an earlier try has bound, nothing is cancelled. */
    onCancel() {
      const now = asked(this)
      if (!now || this.data.isBusy) return
      if (!held(this).isInDoubt) return this.decide(refusal('cancelled'))
      this.setData({ isBusy: true })
      bindings().then(({ items }) => {
        const [bound] = items.filter(({ appid }) => appid === now.appid)
        return bound ? { key: bound.key, bind: true, errMsg: '' } : refusal('cancelled')
      }, () => refusal('unavailable')).then((answer) => {
        if (entry() === now) this.decide(answer)
      })
    },

    onRetry() {
      const now = asked(this)
      if (!now) return
      this.setData({ phase: 'loading' })
      this.look(now)
    },

    /** Back to where the user came from, with the answer that there is. */
    onBack() {
      this.handBack(held(this).answer || refusal('unavailable'))
    },

    decide(answer: ExtraData) {
      const reason = String(answer.errMsg).replace('bind:fail ', '')
      this.setData({ phase: answer.bind ? 'bound' : 'refused', isBusy: false, message: BIND_REFUSALS[reason] || BIND_REFUSALS.unavailable! })
      this.handBack(answer)
    },

    handBack(answer: ExtraData) {
      held(this).answer = answer
      answered(asked(this))
      wx.navigateBackMiniProgram({ extraData: answer, fail: () => this.setData({ isStuck: true }) })
    },
  },
})

/** WeChat has no place for what is not shown but the component itself. */
function held(component: object): Own {
  return component
}

function asked(component: object): Entry | undefined {
  return held(component).asked
}

function known({ data }: Failure): ExtraData | undefined {
  return data && data.extra_data
}

/** What minipush can't take, however often it is repeated. */
function isFinal({ statusCode = 0 }: Failure): boolean {
  return statusCode >= 400 && statusCode < 500 && statusCode !== 401 && statusCode !== 429
}

function isUsed(error: Failure): boolean {
  const { errMsg } = known(error) || {}
  return errMsg === 'bind:fail ticket_used'
}

/** A third party may hand over anything. */
function text(given: unknown): string | undefined {
  return typeof given === 'string' ? given : undefined
}

function refusal(reason: string): ExtraData {
  return { bind: false, errMsg: `bind:fail ${reason}` }
}

function other(given: unknown, name: string): string {
  const said = (text(given) || '').trim().slice(0, 40)
  return said === name ? '' : said
}
