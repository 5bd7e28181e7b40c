// What the server says of one value, in Chinese. Its English stays where a line is missing here.
const COUNTED = { character: '个字符', characters: '个字符', entry: '项', entries: '项' }
const FAULTS = [
  [/^this field is required$/, () => '必填。'],
  [/^there is no such field$/, () => '没有这一项。'],
  [/^the value is not allowed here$/, () => '不能填写这个值。'],
  [/^this field must be left out$/, () => '请留空。'],
  [/^(is empty|must not consist of blanks|the name has only blanks)$/, () => '不能为空，也不能只有空白。'],
  [/^expected at (least|most) (\d+) (\w+)$/, (which, count, unit) => `${which === 'least' ? '至少' : '最多'} ${count} ${COUNTED[unit] || unit}。`],
  [/^expected (-?\d+) or (more|less)$/, (bound, which) => `不能${which === 'more' ? '小于' : '大于'} ${bound}。`],
  [/^expected a whole number$/, () => '请填写整数。'],
  [/^the number is too large$/, () => '数字太大。'],
  [/^expected 1 to (\d+) letters, digits, _ and -$/, (most) => `请填写 1 至 ${most} 个字母、数字、_ 或 -。`],
  [/^(.+) is what a program makes of a missing value, and no id$/, (text) => `“${text}”是程序缺少值时产生的，不是 ID。`],
  [/^expected 1 to (\d+) characters, none of them a control character$/, (most) => `请填写 1 至 ${most} 个字符，不能含控制字符。`],
  [/^expected one line, without control characters and marks of direction$/, () => '只能有一行，不能含控制字符和改变文字方向的字符。'],
  [/^expected a URL that begins with https/, () => '须是以 https 开头的地址。'],
  [/^this mini-program has the message centre; an app is another one$/, () => '这是消息中心所在的小程序，应用须是另一个小程序。'],
  [/^this template was named before$/, () => '模板重复。'],
  [/^(is over|is in the past)$/, () => '时间已过。'],
  [/^(\S+) is missing$/, (key) => `缺少 ${key}。`],
  [/^(\S+) does not exist$/, (day) => `${day} 这一天不存在。`],
  [/^the template has no such field$/, () => '模板没有这个字段。'],
  [/^the template takes only (.+)$/, (values) => `模板只接受：${values}`],
  [/^the official account shows no emoji$/, () => '公众号不显示表情符号。'],
  [/^(an? [a-z_]+ (has|is like)|letters are|symbols are) /, () => '请按这类字段的格式填写。'],
]

/** Where the server found it, in the path or the query, is no news to who filled in a form. */
export function fault(detail) {
  const [, what, where] = detail.match(/^(.*?)( \((?:path|query)\))?$/s)
  const [pattern, words] = FAULTS.find(([each]) => each.test(what)) || []
  return pattern ? words(...what.match(pattern).slice(1)) : `${what}${where || ''}`
}
