// Lines over time. One axis, a few series, the latest values in words beside their names, all values as a table for those who do not see.
import { h, replace } from './dom.js'

// Lines differ by more than their colour, and two that are one can be told apart.
const dashes = [undefined, '6 4', '2 3', '10 3 2 3', '4 6']
const height = 184, left = 48, right = 10, bottom = 22, top = 10

/**
 * chart draws series: { title, about, series: [{ name, colour: 's1', of: sample => number }], show: number => text, whole, seconds }.
 * A value that is not a number is a gap. `whole`: between numbers of the axis there is at least 1. `seconds`: how much time is in the picture at
 * most, less while there are few samples; without, from the first sample to the last. Its update(samples, until) takes objects with a time, oldest
 * first, and the present, if that is not the last of them; about(text) says something else beside the title. Charts that are given the same
 * `together` (see pointers) show the same moment.
 */
export function chart({ title, about, series, show = short, whole = false, seconds, together = pointers() }) {
  const svg = h('svg', { role: 'img', 'aria-label': title })
  const legend = h('div', { class: 'legend' })
  const at = h('span', { class: 'chart-at' })
  const said = h('small', {}, about)
  const rows = h('tbody')
  const table = h('details', {}, h('summary', {}, 'Values'), h('div', { class: 'table-scroll chart-values', tabindex: '0', role: 'region', 'aria-label': `${title}: values` },
    h('table', { 'aria-label': title }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Time'), series.map(s => h('th', { scope: 'col', class: 'right' }, s.name)))), rows)))
  const root = h('figure', { class: 'chart' }, h('figcaption', { class: 'chart-head' }, h('h3', {}, title, ' ', said), at), legend, svg, table)
  let samples = [], times = [], until = 0, width = 520

  const written = (s, sample) => sample && Number.isFinite(s.of(sample)) ? show(s.of(sample)) : '–'
  const label = time => days() ? new Date(time).toLocaleDateString(undefined, { timeZone: 'UTC' }) : new Date(time).toLocaleTimeString(undefined, { hourCycle: 'h23' })
  const mark = time => days() ? new Date(time).toLocaleDateString(undefined, { month: 'short', day: 'numeric', timeZone: 'UTC' })
    : new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(spanned() < 300 && { second: '2-digit' }) })
  const days = () => spanned() > 2 * 86400
  const end = () => until || (times.at(-1) ?? Date.now())
  const spanned = () => seconds ? [60, 120, 300, 600].find(s => s < seconds && end() - (times[0] ?? end()) < s * 1000) ?? seconds : Math.max(1, (end() - (times[0] ?? end())) / 1000)

  function draw() {
    const last = end(), first = last - spanned() * 1000
    const inside = samples.flatMap((s, i) => times[i] >= first && times[i] <= last ? [i] : [])
    const axis = scale(Math.max(0, ...inside.flatMap(i => series.map(s => s.of(samples[i])).filter(Number.isFinite))), whole)
    const x = t => left + (t - first) / (last - first) * (width - left - right)
    const y = v => height - bottom - v / axis.at(-1) * (height - bottom - top)
    const chosen = nearest(times, inside, together.time)
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
    svg.setAttribute('aria-label', `${title}: ${series.map(s => `${s.name} ${written(s, samples.at(-1))}`).join(', ')}`)
    replace(svg,
      axis.map(v => [h('line', { class: 'grid', x1: left, x2: width - right, y1: y(v), y2: y(v) }), h('text', { x: left - 8, y: y(v) + 4, 'text-anchor': 'end' }, show(v))]),
      [[first, 'start'], [(first + last) / 2, 'middle'], [last, 'end']].map(([t, anchor]) => h('text', { x: x(t), y: height - 5, 'text-anchor': anchor }, mark(t))),
      series.map((s, nth) => {
        const points = inside.map(i => Number.isFinite(s.of(samples[i])) ? [x(times[i]), y(s.of(samples[i]))] : null)
        return pieces(points).map(piece => [
          series.length === 1 && h('path', { class: 'area', fill: `var(--${s.colour})`, d: `M${piece[0][0]} ${y(0)}${line(piece, 'L')}L${piece.at(-1)[0]} ${y(0)}Z` }),
          piece.length > 1 ? h('path', { class: 'series', stroke: `var(--${s.colour})`, 'stroke-dasharray': dashes[nth], d: line(piece, 'M') }) : h('circle', { cx: piece[0][0], cy: piece[0][1], r: 2, fill: `var(--${s.colour})` }),
        ])
      }),
      chosen !== undefined && [h('line', { class: 'cross', x1: x(times[chosen]), x2: x(times[chosen]), y1: top, y2: height - bottom }),
        series.filter(s => Number.isFinite(s.of(samples[chosen]))).map(s => h('circle', { class: 'dot', cx: x(times[chosen]), cy: y(s.of(samples[chosen])), r: 3.5, fill: `var(--${s.colour})` }))])
    replace(legend, series.map((s, nth) => h('span', {}, h('svg', { class: 'mark-line', viewBox: '0 0 20 4', 'aria-hidden': 'true' }, h('line', { x1: 0, x2: 20, y1: 2, y2: 2, stroke: `var(--${s.colour})`, 'stroke-dasharray': dashes[nth] })), s.name, h('b', {}, written(s, samples[chosen] ?? samples.at(-1))))))
    replace(at, chosen === undefined ? '' : label(times[chosen]))
  }

  function list() {
    if (table.open) replace(rows, samples.map((sample, i) => h('tr', {}, h('th', { scope: 'row' }, label(times[i])), series.map(s => h('td', { class: 'right' }, written(s, sample))))).reverse())
  }

  svg.addEventListener('pointermove', event => {
    const box = svg.getBoundingClientRect()
    const part = ((event.clientX - box.left) / box.width * width - left) / (width - left - right)
    together.at(end() - (1 - part) * spanned() * 1000)
  })
  svg.addEventListener('pointerleave', () => together.at(null))
  table.addEventListener('toggle', list)
  together.charts.push(draw)
  new ResizeObserver(([entry]) => { if (entry.contentRect.width > 0) { width = entry.contentRect.width; draw() } }).observe(svg)
  root.about = text => { said.textContent = text }
  root.update = (next, now) => {
    samples = next
    times = next.map(s => Date.parse(s.time))
    until = now ? Date.parse(now) : 0
    draw()
    list()
  }
  draw()
  return root
}

/** pointers lets charts that lie side by side show the same moment. */
export function pointers() {
  const all = { time: null, charts: [], at(time) { all.time = time; for (const draw of all.charts) draw() } }
  return all
}

const digits = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 })

/** short is a number with as few digits as say it. */
export function short(n) {
  for (const [unit, letter] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) if (Math.abs(n) >= Math.max(unit, 1e5)) return `${digits.format(n / unit)} ${letter}`
  return digits.format(n >= 10 ? Math.round(n * 10) / 10 : Number(n.toPrecision(2)))
}

/** scale are the numbers beside the axis, from 0 to the first round one that is not below most. */
export function scale(most, whole) {
  const rough = Math.max(most, whole ? 1 : 1e-9) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  let step = [1, 2, 2.5, 5, 10].map(n => n * power).find(n => n >= rough * (1 - 1e-9))
  if (most <= 0) step = 1
  if (whole) step = Math.max(1, Math.ceil(step))
  const count = Math.max(most <= 0 ? 1 : 2, Math.ceil(most / step - 1e-9))
  return Array.from({ length: count + 1 }, (_, i) => i * step)
}

function nearest(times, inside, time) {
  if (time === null || inside.length === 0) return undefined
  return inside.reduce((best, i) => Math.abs(times[i] - time) < Math.abs(times[best] - time) ? i : best)
}

function pieces(points) {
  const all = [[]]
  for (const point of points) {
    if (point) all.at(-1).push(point)
    else if (all.at(-1).length > 0) all.push([])
  }
  return all.filter(piece => piece.length > 0)
}

const line = (piece, first) => piece.map(([px, py], i) => `${i === 0 ? first : 'L'}${px.toFixed(1)} ${py.toFixed(1)}`).join('')
