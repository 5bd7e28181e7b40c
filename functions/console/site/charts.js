// Plots as SVG, drawn at the width they have, so that letters keep their size. Each has its numbers as a table.
import { table } from './parts.js'
import { html, nothing, svg } from './vendor/lit-html.js'
import { number, t } from './words.js'

const [HEIGHT, BOTTOM, TOP, LABEL] = [200, 26, 20, 46]

function room() {
  const width = document.documentElement.clientWidth
  return Math.max(220, Math.min(width, 1216) - 2 * Math.min(Math.max(16, width * 0.04), 40) - 34)
}

/** The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is not below `step`. */
function nice(step) {
  const power = 10 ** Math.floor(Math.log10(Math.max(step, 1)))
  return [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= step)
}

/**
 * `series`: [{label, kind, values}], stacked where there are several; `labels`: one for each place; `head`: what they are;
 * `isLine`: a line instead of bars; `hollow`: the places whose bars are hollow, which their label says, too.
 */
export function chart({ id, title, note = '', labels, series, head, isLine = false, hollow = [] }) {
  const sums = labels.map((_, at) => series.reduce((sum, { values }) => sum + values[at], 0))
  const step = Math.ceil(nice(Math.max(1, ...sums) / 4))
  const top = Math.ceil(Math.max(1, ...sums) / step) * step
  const left = 14 + 7.5 * number(top).length
  const [width, slot] = [room(), (room() - left) / Math.max(1, labels.length)]
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
  const x = (at) => left + (at + 0.5) * slot
  const every = Math.ceil(LABEL / slot)
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, at) => at * step)
  return html`<figure class="chart card"><figcaption><h2 id=${id}>${title}</h2>${note ? html`<p class="quiet">${note}</p>` : nothing}${series.length > 1 ? legend(series) : nothing}</figcaption>
    <svg viewBox="0 0 ${width} ${HEIGHT}" width=${width} height=${HEIGHT} role="img" aria-labelledby=${id}>
      <defs><pattern id="${id}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width="3" height="6"/></pattern></defs>
      ${ticks.map((tick) => svg`<line class="grid" x1=${left} x2=${width} y1=${y(tick)} y2=${y(tick)}/><text class="tick" x=${left - 8} y=${y(tick) + 4} text-anchor="end">${number(tick)}</text>`)}
      ${isLine ? line(series[0], x, y) : labels.map((label, at) => stack(id, series, at, x(at), y, slot, label, hollow.includes(at)))}
      ${labels.map((label, at) => svg`${at % every ? nothing : svg`<text class="tick" x=${x(at)} y=${HEIGHT - 8} text-anchor="middle">${label}</text>`}
        ${series.length === 1 && !isLine && slot > 8 * number(sums[at]).length ? svg`<text class="value" x=${x(at)} y=${y(sums[at]) - 5} text-anchor="middle">${number(sums[at])}</text>` : nothing}`)}
    </svg>
    <details><summary>${t('asTable')}</summary>${table(title, [head, ...series.map(({ label }) => label)], labels.map((label, at) => [label, ...series.map(({ values }) => number(values[at]))]), series.map((_, at) => at + 1))}</details></figure>`
}

const legend = (series) => html`<ul class="legend">${series.map(({ label, kind }) => html`<li><span class="key ${kind}" aria-hidden="true"></span>${label}</li>`)}</ul>`

function stack(id, series, at, center, y, slot, label, isHollow) {
  let below = 0
  const wide = Math.min(slot * 0.7, 64)
  return svg`<g><title>${label}: ${series.map((each) => `${each.label} ${number(each.values[at])}`).join(', ')}</title>
    ${series.map(({ kind, values }) => {
    const value = values[at]
    const [from, to] = [y(below + value), y(below)]
    below += value
    if (!value) return nothing
    const box = (name, fill = nothing) => svg`<rect class=${name} fill=${fill} x=${center - wide / 2} width=${wide} y=${from} height=${to - from}/>`
    return svg`${box(`bar ${kind} ${isHollow ? 'hollow' : ''}`)}${['failed', 'unknown'].includes(kind) ? box('over', `url(#${id}-hatch)`) : nothing}`
  })}</g>`
}

function line({ label, values }, x, y) {
  const points = values.map((value, at) => `${x(at)},${y(value)}`).join(' ')
  return svg`<polyline class="line-of" points=${points}/>${values.map((value, at) => svg`<circle class="dot" cx=${x(at)} cy=${y(value)} r="3"><title>${label} ${number(value)}</title></circle>`)}`
}
