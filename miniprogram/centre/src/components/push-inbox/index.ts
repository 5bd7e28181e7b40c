import { createRetry, type Retry } from 'minipush/session'
import { bindings, changeBinding, complain, inbox, read, remove, settings } from '../../index'
import type { Category, Message, Page } from '../../api'
import { CATEGORIES, shown, text, type Shown } from '../../words'

interface Failure {
  errMsg?: string
  statusCode?: number
  retryAfter?: number
}

/** What an inbox keeps besides what it shows. */
interface Own {
  retry: Retry
  /** Whose messages are here. */
  appid: string
  /** Of the older messages. */
  cursor: string
  isLoading: boolean
  /** By id, whole. */
  texts: Record<string, string>
}

type Tap = WechatMiniprogram.BaseEvent<WechatMiniprogram.IAnyObject, { id: string }>

const COUNT = 20
const TRIES = 10

Component({
  properties: {
    /** Only this app's messages. */
    appid: String,
  },
  data: {
    state: 'loading' as 'loading' | 'ready' | 'failed',
    items: [] as Shown[],
    unread: 0,
    hasMore: false,
    /** The id of the message that is open. */
    open: '',
    text: '',
    categories: CATEGORIES,
    isComplaining: false,
    category: '' as Category | '',
    complaint: '',
  },
  observers: {
    /** WeChat calls it before `attached`, too, and for a value that is the same. */
    appid(appid: string) {
      const { retry, appid: here } = own(this)
      if (retry && appid !== here) this.begin()
    },
  },
  lifetimes: {
    attached() {
      own(this).retry = createRetry(() => this.reload())
      this.begin()
    },
    detached() {
      own(this).retry.pause()
    },
  },
  pageLifetimes: {
    show() {
      this.reload()
    },
    hide() {
      own(this).retry.pause()
    },
  },
  methods: {
    begin() {
      const { appid } = this.data
      Object.assign(this, { appid, cursor: '', isLoading: false, texts: {} })
      this.setData({ state: 'loading', items: [], unread: 0, hasMore: false })
      this.reload()
    },

    /** The newest messages. Older ones that are here stay. */
    reload() {
      this.load('', (fresh, cursor) => {
        const older = following(this.data.items, fresh, cursor)
        return { items: fresh.concat(older), cursor: older.length ? own(this).cursor : cursor }
      })
    },

    onMore() {
      this.load(own(this).cursor, (older, cursor) => ({ items: this.data.items.concat(older), cursor }))
    },

    load(from: string, place: (items: Shown[], cursor: string) => { items: Shown[]; cursor: string }) {
      const mine = own(this)
      const { appid } = mine
      if (mine.isLoading) return
      mine.isLoading = true
      Promise.all([search({ limit: COUNT, cursor: from, appid }), settings()]).then(([page, { unread }]) => {
        if (appid !== mine.appid) return
        const { items, cursor } = place(page.items.map(shown), page.next_cursor || '')
        page.items.forEach((message) => {
          mine.texts[message.id] = text(message)
        })
        mine.cursor = cursor
        mine.isLoading = false
        mine.retry.succeeded()
        this.setData({ items, state: 'ready', hasMore: cursor !== '', text: mine.texts[this.data.open] || '' })
        this.count(unread)
      }).catch((error: Failure) => {
        if (appid !== mine.appid) return
        mine.isLoading = false
        this.setData({ state: 'failed' })
        // A refusal stays one.
        if (!error.statusCode || error.statusCode >= 500 || error.statusCode === 429) mine.retry.failed(error.retryAfter || 0)
        this.triggerEvent('failed', error)
      })
    },

    /** `all`: of all senders, as minipush says. It counts no single app's. Where counting fails, the last count stays. */
    count(all: number) {
      const { appid } = own(this)
      const counted = appid ? search({ limit: 99, cursor: '', appid, unread: true }).then(({ items }) => items.length) : Promise.resolve(all)
      counted.then((unread) => {
        if (appid !== own(this).appid) return
        this.setData({ unread })
        this.triggerEvent('unread', { unread })
      }, () => undefined)
    },

    onOpen({ currentTarget }: Tap) {
      const { id } = currentTarget.dataset
      const { isUnread, isWaiting } = this.find(id)
      // minipush has it checked when its reader looks, and may know by now.
      if (isWaiting) return this.reload()
      const open = this.data.open === id ? '' : id
      this.setData({ open, text: own(this).texts[open] || '', isComplaining: false })
      if (isUnread) this.mark(id)
    },

    mark(id: string) {
      this.setUnread((each) => each.id === id, false)
      read({ ids: [id] }).then(({ unread }) => this.count(unread), () => this.setUnread((each) => each.id === id, true))
    },

    /** All up to the newest that is here: what has come since then was not seen. */
    onReadAll() {
      const { items: [newest], appid } = this.data
      if (!newest) return
      const before = new Date(Date.parse(newest.at) + 1).toISOString()
      read({ before, appid: appid || undefined }).then(({ unread }) => {
        this.setUnread(({ at }) => at <= newest.at, false)
        this.count(unread)
      }, failed)
    },

    onDelete({ currentTarget }: Tap) {
      const { id } = currentTarget.dataset
      wx.showModal({
        content: '删除这条消息？',
        confirmText: '删除',
        success: ({ confirm }) => {
          if (confirm) remove({ ids: [id] }).then(({ unread }) => {
            this.setData({ items: this.data.items.filter((each) => each.id !== id), open: '' })
            this.count(unread)
            if (!this.data.items.length) this.onMore()
          }, failed)
        },
      })
    },

    /** A mini-program can't open an address of the web. */
    onCopy({ currentTarget }: WechatMiniprogram.BaseEvent<WechatMiniprogram.IAnyObject, { text: string }>) {
      wx.setClipboardData({ data: currentTarget.dataset.text })
    },

    /** The page is one of the sender's mini-program, which may be this one: that is no jump to another. */
    onPage({ currentTarget }: Tap) {
      const { appid: appId, page: path } = this.find(currentTarget.dataset.id)
      const fail = ({ errMsg }: Failure) => {
        if (!/cancel/.test(errMsg || '')) toast('打不开这个页面')
      }
      if (appId !== ownAppId()) return wx.navigateToMiniProgram({ appId, path, fail })
      const url = path.replace(/^\/?/, '/')
      return wx.navigateTo({ url, fail: () => wx.switchTab({ url, fail }) })
    },

    onMute({ currentTarget }: Tap) {
      const { appid } = this.find(currentTarget.dataset.id)
      bindings().then(({ items }) => {
        const [binding] = items.filter((each) => each.appid === appid)
        if (!binding) return toast('已解除绑定')
        return changeBinding(binding.key, { do_not_disturb: {} }).then(() => toast('已静音，消息照常收进收件箱'))
      }).catch(failed)
    },

    onComplaint() {
      this.setData({ isComplaining: !this.data.isComplaining, category: '', complaint: '' })
    },

    onCategory({ detail }: { detail: { value: Category } }) {
      this.setData({ category: detail.value })
    },

    onText({ detail }: { detail: { value: string } }) {
      this.setData({ complaint: detail.value })
    },

    onComplain({ currentTarget }: Tap) {
      const { category, complaint } = this.data
      if (!category) return toast('请选择投诉原因')
      complain(currentTarget.dataset.id, complaint ? { category, text: complaint } : { category }).then(() => {
        this.setData({ isComplaining: false })
        toast('投诉已提交')
      }, failed)
    },

    find(id: string): Shown {
      return this.data.items.filter((each) => each.id === id)[0]!
    },

    setUnread(which: (item: Shown) => boolean, isUnread: boolean) {
      const changes: Record<string, boolean> = {}
      this.data.items.forEach((each, n) => {
        if (which(each) && each.isUnread !== isUnread) changes[`items[${n}].isUnread`] = isUnread
      })
      this.setData(changes)
    },
  },
})

/** WeChat has no place for what is not shown but the component itself. */
function own(component: object): Own {
  return component as Own
}

/** Until there is something: minipush looks through so many messages at a time, and may have found none of the app's yet. */
function search(wanted: { limit: number; cursor: string; appid: string; unread?: boolean }, tries = TRIES): Promise<Page<Message>> {
  return inbox(wanted).then((page) => {
    const { items, next_cursor: cursor } = page
    return items.length || !cursor || tries < 2 ? page : search(Object.assign({}, wanted, { cursor }), tries - 1)
  })
}

/** Those that come after `fresh`. None where there may be others between. A message that was updated has moved up. */
function following(items: Shown[], fresh: Shown[], cursor: string): Shown[] {
  const last = fresh[fresh.length - 1]
  if (!last) return cursor ? items : []
  const known = items.map(({ id, at }) => id + at).indexOf(last.id + last.at)
  return known < 0 ? [] : items.slice(known + 1).filter(({ id }) => fresh.every((each) => each.id !== id))
}

function ownAppId(): string {
  return wx.getAccountInfoSync ? wx.getAccountInfoSync().miniProgram.appId : ''
}

function failed(error: Failure): void {
  toast(error.statusCode ? '没有成功，请稍后再试' : '没有连上，请稍后再试')
}

function toast(title: string): void {
  wx.showToast({ title, icon: 'none' })
}

