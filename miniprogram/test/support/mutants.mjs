/** Mistakes that one could make in the kit and in its message centre. `tests`: the files of which one must notice. */

const outbox = (name, from, to, tests = ['outbox', 'storage']) => ({ part: '', name, file: 'outbox.ts', from, to, tests })
const session = (name, from, to, tests = ['session']) => ({ part: '', name, file: 'session.ts', from, to, tests })
const asking = (name, from, to, tests = ['asking']) => ({ part: '', name, file: 'asking.ts', from, to, tests })
const index = (name, from, to, tests = ['session']) => ({ part: '', name, file: 'index.ts', from, to, tests })
const button = (name, from, to) => ({ part: '', name, file: 'components/push-button/index.wxml', from, to, tests: ['push-button'] })
const buttonScript = (name, from, to) => ({ part: '', name, file: 'components/push-button/index.ts', from, to, tests: ['push-button'] })
const inBind = (name, from, to) => ({ part: 'centre', name, file: 'components/push-bind/index.ts', from, to, tests: ['bind'] })
const inInbox = (name, from, to) => ({ part: 'centre', name, file: 'components/push-inbox/index.ts', from, to, tests: ['inbox'] })
const centre = (file) => (name, from, to, tests = ['inbox']) => ({ part: 'centre', name, file: `${file}.ts`, from, to, tests })

const MARKUP = '<button class="minipush-button push-class" form-type="submit" hover-class="none" disabled="{{disabled}}" loading="{{loading}}" aria-label="{{label}}" bind:tap="onTap"><slot></slot></button>'

/** How many of them `make test` runs: what is lost if they go unnoticed is a permit. */
export const FIRST = 14

export const MUTANTS = [
  button("the button is left to the page's slot", MARKUP, '<slot></slot>'),
  button('no form-type', ' form-type="submit"', ''),
  button('no report-submit', ' report-submit="{{report}}"', ''),
  buttonScript('an await before the popup', 'current.asking.open(templateIds)', 'Promise.resolve().then(() => current!.asking.open(templateIds))'),
  outbox('forgotten before the answer', "    const option = { url: '/collect'", "    remove(part)\n    const option = { url: '/collect'", ['model']),
  outbox('not kept when added', '      if (!keep() || fresh >= threshold) outbox.wake()', '      if (fresh >= threshold) outbox.wake()'),
  outbox('the second half is lost', '.then(() => send(part.slice(half)))', '.then(() => remove(part.slice(half)))', ['model']),
  outbox('101 entries a call', 'const MOST = 100', 'const MOST = 101'),
  outbox('a tenth of seven days', 'const WEEK = 604800000', 'const WEEK = 60480000', ['clock']),
  session('any status is a success', 'statusCode === 200 && data', 'data', ['outbox']),
  asking('two popups at once', ' || isOpen ||', ' ||'),
  session('a login a call', 'if (!entering) ', 'if (true) '),
  session('no renewal at 401', 'reply.statusCode !== 401 || isRepeat', 'true'),
  outbox('what others collected goes along', '!user || user === (openid() || lastUser)', 'true'),

  // push-button
  button('the slot is outside the button', '<slot></slot></button>', '</button><slot></slot>'),
  button('the tap ends at the button', 'bind:tap', 'catch:tap'),
  button('nobody listens to submit', ' bind:submit="onSubmit"', ''),
  button('a disabled button can be tapped', ' disabled="{{disabled}}"', ''),
  button('no name for screen readers', ' aria-label="{{label}}"', ''),
  buttonScript('the popup waits for submit', 'onTap()', 'onLongTap()'),
  buttonScript('it asks unasked', '!current || !ask || disabled', '!current || disabled'),
  buttonScript('named templates are ignored', 'open(templateIds)', 'open()'),
  buttonScript('a plain button reports', "if (!this.data.report) return", ''),
  buttonScript('nobody hears of a refusal', "if (refused) this.triggerEvent('refused', refused)", ''),

  // outbox
  outbox('not removed from storage', '    entries = without(entries, part)\n    keep()', '    entries = without(entries, part)'),
  outbox('the newest are given up', 'all.slice(-HELD)', 'all.slice(0, HELD)'),
  outbox('a refused entry stays', '    remove(part)\n    drop(\'refused\', 1)', "    drop('refused', 1)", ['outbox']),
  outbox('everything refused is dropped whole', '    if (half) return', '    if (half > 99) return'),
  outbox('one refusal is enough', 'const REFUSALS = 3', 'const REFUSALS = 1'),
  outbox('refused for ever', 'if (refusals < REFUSALS) ', ''),
  outbox('no second try', 'const retry = createRetry(() => outbox.flush())', 'const retry = createRetry(() => undefined)'),
  outbox('Retry-After is not read', '(error && error.retryAfter) || 0', '0'),
  outbox('not sent when hidden', '      hiddenAt = Date.now()\n      outbox.wake()', '      hiddenAt = Date.now()'),
  outbox('not sent when shown', '      hiddenAt = 0\n      outbox.wake()', '      hiddenAt = 0'),
  outbox('hidden, it goes on for ever', 'hiddenAt > 0 && ', 'hiddenAt < 0 && '),
  outbox('a guess is never corrected', 'entry.user && guessed.indexOf(entry) < 0 ? entry.user : openid()', 'entry.user || openid()'),
  outbox("another user's session sends a batch", ', part[0]!.user)', ')'),
  outbox("the phone's time is taken for the server's", 'entry.raw ? session.ofPhone(entry.at) : entry.at', 'entry.at', ['clock']),
  outbox('a time from the future stays', 'Math.min(entry.raw ? session.ofPhone(entry.at) : entry.at, now())', 'entry.raw ? session.ofPhone(entry.at) : entry.at', ['clock']),
  outbox('an age is believed before the server tells the time', '      session.leave()\n', '', ['clock']),
  outbox('a doubtful time is uploaded', 'entry.raw || isExpired', 'isExpired', ['clock']),
  outbox('answers expire', "list !== 'subscriptions' && ", '', ['clock']),
  outbox('mock ids are taken', '[!-9;-~]{1,256}', '[ -~]{0,256}', ['push-button']),
  outbox('words of missing values are taken', 'undefined|', '', ['push-button']),
  outbox('unread storage is overwritten', 'if (!isRead) {', 'if (isFirst) {'),
  outbox('an entry that is held comes again', 'if (!added.length) return false', ''),
  outbox('two outboxes share a storage', 'return isStopped || ', 'return '),
  outbox('expiry is said of no formId', "list === 'form_ids' && { expires_at", "list === 'prepay_ids' && { expires_at", ['clock']),

  // session and network
  session('renewals without end', 'reply.statusCode !== 401 || isRepeat', 'reply.statusCode !== 401'),
  session('each 401 renews', 'if (token === used) token', 'token'),
  session('a session that never ends', 'Date.now() < until', 'true'),
  session("a proxy's page is a success", "&& typeof data === 'object'", '', ['outbox']),
  session('a clock that is turned back goes unnoticed', 'phone < last || ', '', ['clock']),
  session('a clock that is set ahead goes unnoticed', ' || phone > told + HOUR', '', ['clock']),
  session("the server's time is not read", "Date.parse(header(reply, 'date')) || last", 'last', ['clock']),
  session('headers have one spelling', 'name.toLowerCase() === wanted', 'name === wanted.toUpperCase()', ['clock']),
  session('no longer waits', 'Math.min(wait * 2 || FIRST, LONGEST)', 'FIRST', ['outbox']),
  session('waits without end', 'Math.min(wait * 2 || FIRST, LONGEST)', 'wait * 2 || FIRST', ['outbox']),
  session('all phones at once', 'const spread = Math.random()', 'const spread = 3', ['outbox']),
  session('taps break the waiting time', 'Math.abs(Date.now() - since) < asked', 'false', ['outbox']),

  // asking
  asking('a popup a lifetime', "    isOpen = false\n    const answers", '    const answers'),
  asking('an id for each template', 'Object.assign({ id, template_id', 'Object.assign({ id: id + template_id, template_id'),
  asking('one id for all popups', '`${Date.now()}-${Math.random().toString(36).slice(2)}`', "'1'"),
  asking('refusals are not reported', "typeof result[each] === 'string'", "String(result[each]).startsWith('accept')"),
  asking('long-term is not said', 'long_term && { long_term }', '{}'),
  asking('asked again before the answers arrived', 'throw 0', 'undefined'),
  asking('asked again after a refusal', '!(code >= 20000)', 'true'),
  asking('never asked again', '!(code >= 20000)', 'false'),
  asking('the base library is not said', '`?sdk_version=${known}`', "''"),
  asking('20004 is no refusal', 'const SWITCHED_OFF = 20004', 'const SWITCHED_OFF = 1', ['push-button']),
  asking('a ban is no refusal', "answers[each] === 'ban'", "answers[each] === 'banned'", ['push-button']),

  // index
  index('a forgotten login is an error', 'promise.catch(() => undefined)', ''),
  index('PATCH', "method: 'PUT'", "method: 'PATCH' as 'PUT'"),
  index('settings carry everything', 'const data: Partial<Settings> = {}', 'const data = Object.assign({}, arguments[0])', ['outbox']),
  index('http in a release', "envVersion === 'release' ?", 'false ?'),
  index('one storage for all deployments', "base.replace(/^.*?\\/\\//, 'minipush.outbox.')", "'minipush.outbox.push.example.com'", ['storage']),
  index('a payment waits', "      outbox.addId('prepay_ids', prepayId)\n      outbox.wake()", "      outbox.addId('prepay_ids', prepayId)", ['outbox']),
  index('a mistake of the app stops the kit', 'console.error(error)\n', 'throw error\n', ['outbox']),
  index('a network that comes back wakes nobody', '({ isConnected }) => isConnected && outbox.wake()', '() => undefined', ['outbox']),

  // message centre
  inBind('two taps bind twice', '!now || this.data.isBusy', '!now'),
  inBind('cancelled during the call', 'if (this.data.isBusy) return\n', ''),
  inBind('cancelling is silent', "      this.handBack(refusal('cancelled'))\n", ''),
  inBind('the answer is made up', 'this.handBack(answer)\n      }).catch', 'this.handBack({ bind: true })\n      }).catch'),
  inBind('a refusal is made up', "this.refuse(known(error) || refusal('unavailable'))\n        held", "this.refuse(refusal('unavailable'))\n        held"),
  inBind('a refusal is not handed back', "BIND_REFUSALS.unavailable! })\n      this.handBack(answer)", 'BIND_REFUSALS.unavailable! })'),
  inBind('another name is trusted', 'otherName: other(now.extra.appName, name)', "name: String(now.extra.appName), otherName: ''"),
  inBind('the ticket is forgotten', '{ ticket: text(ticket) }', '{}'),
  inBind('the choice of the level is not sent', 'level: this.data.level', "level: 'strong'"),
  inBind('asked again after the answer', '      answered(asked(this))\n', ''),
  inBind('begun anew after the background', ' || asked(this) === now', ''),
  inBind('a banned app is asked about', "if (status === 'banned') return", 'if (false) return'),
  inBind('a busy minipush has the last word', "if (isFinal(error)) return this.refuse(", "if (known(error)) return this.refuse("),
  inBind('a spent ticket is a refusal after a lost answer', 'if (!held(this).isInDoubt) ', 'if (true) '),
  inBind('a spent ticket is never a refusal', '!items.some((each) => each.appid === appid && each.confirmed)', '!items'),
  inBind('what nobody has confirmed is taken for bound', ' && each.confirmed', ''),
  centre('entry')('any page is the page for bindings', '!PAGE.test(path) || ', '', ['bind']),
  centre('entry')('a caller is taken for granted', ' || !referrerInfo || !referrerInfo.appId', ' || !referrerInfo', ['bind']),
  inInbox('what waits for its check is read', 'if (isWaiting) return this.reload()\n', ''),
  inInbox('a mark stays gone', ', () => this.setUnread((each) => each.id === id, true))', ', () => undefined)'),
  inInbox('a list carries whole texts to the view', 'text: mine.texts[this.data.open]', 'all: mine.texts, text: mine.texts[this.data.open]'),
  inInbox('all read by the clock', 'new Date(Date.parse(newest.at) + 1)', 'new Date()'),
  inInbox('all read but the newest', 'Date.parse(newest.at) + 1', 'Date.parse(newest.at)'),
  inInbox('deleted without a question', 'if (confirm) remove', 'if (true) remove'),
  inInbox('a message comes twice', 'this.data.items.slice(known + 1)', 'this.data.items'),
  inInbox('the place in the list is lost', 'if (!keepsCursor) ', ''),
  inInbox('a refusal is tried again', '!error.statusCode || error.statusCode >= 500', '!error.statusCode || error.statusCode >= 400'),
  inInbox('the time to wait is not kept', 'error.retryAfter || 0', '0'),
  inInbox('a page opens here', 'wx.navigateToMiniProgram({ appId, path, fail })', 'wx.navigateTo({ url: path, fail })'),
  inInbox('muted is unbound', '{ do_not_disturb: {} }', "{ level: 'none' }"),
  centre('words')('unknown is sent', "status === 'unknown' ?", 'false ?'),
  centre('words')('the name before the @ is the host', ".replace(/^.*@/, '')", ''),
  centre('words')('any scheme is an address', '/^https:', '/^\\w+:'),
  centre('words')('a blocked text looks like one that waits', 'message.content_blocked ?', 'false ?'),
  centre('words')('old messages can be complained about', ' && Date.now() - Date.parse(at) < MONTH', ''),
  centre('index')('POST', "call('PUT', `/me/bindings", "call('POST', `/me/bindings"),
]
