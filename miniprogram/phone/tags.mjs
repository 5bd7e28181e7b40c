/** WeChat's built-in tags, as far as the kit, the message centre and the example need them: they hold their slot and their properties. */

const COMMON = { ariaLabel: String, ariaRole: String, hidden: Boolean, hoverClass: String }

export const TAGS = {
  view: {},
  text: { userSelect: Boolean },
  block: {},
  image: { src: String, mode: String },
  label: { for: String },
  'scroll-view': { scrollY: Boolean, scrollX: Boolean },
  navigator: { url: String, openType: String },
  form: { reportSubmit: Boolean, reportSubmitTimeout: Number },
  button: { formType: String, disabled: Boolean, loading: Boolean, openType: String, size: String, type: String },
  input: { name: String, value: String, type: String, placeholder: String, maxlength: Number, disabled: Boolean },
  textarea: { value: String, placeholder: String, maxlength: Number, disabled: Boolean },
  'radio-group': { name: String },
  radio: { value: String, checked: Boolean, disabled: Boolean, color: String },
  switch: { name: String, checked: Boolean, disabled: Boolean, color: String },
  picker: { name: String, mode: String, value: null, range: Array, rangeKey: String, start: String, end: String, disabled: Boolean },
}

export const properties = (tag) => ({ ...COMMON, ...TAGS[tag] })
