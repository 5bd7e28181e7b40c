import { current } from '../../index'

Component({
  externalClasses: ['push-class'],
  properties: {
    ask: Boolean,
    templateIds: Array,
    report: { type: Boolean, value: true },
    disabled: Boolean,
    loading: Boolean,
    label: String,
    scene: String,
  },
  methods: {
    // WeChat opens a popup in the turn of the tap alone; `submit` comes later. The tap itself goes on to the page.
    onTap() {
      const { ask, disabled, scene, templateIds } = this.data
      if (!current || !ask || disabled) return
      current.asking.open(templateIds).then(({ answers, refused }) => {
        if (Object.keys(answers).length) this.triggerEvent('answers', { answers, scene })
        if (refused) this.triggerEvent('refused', refused)
      })
    },
    onSubmit({ detail: { formId, value } }: { detail: { formId?: unknown; value?: unknown } }) {
      if (!this.data.report) return
      const collected = Boolean(current && current.push.collect(formId))
      this.triggerEvent('push', { formId, collected, value, scene: this.data.scene })
    },
  },
})
