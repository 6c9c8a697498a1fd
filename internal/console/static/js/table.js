// Lists. A table shows a page of rows at a time, so that ten thousand of them are no more work than a hundred.
import { h, replace, uid } from './dom.js'
import { button, empty, number } from './ui.js'

/**
 * table shows rows: columns are { name, of: row => text to sort and search by, show: row => element, wide, right }.
 * `key` names a row; `open` is done with a row that is chosen (click or Enter); `none` is shown where there are no rows;
 * `actions` are elements beside the search. The element has update(rows).
 */
export function table({ columns, rows = [], key, open, none, search = true, size = 100, actions = [], label, sort = null, tag = '' }) {
  const state = { rows, words: '', sort, from: 0 }
  const body = h('tbody')
  const foot = h('div', { class: 'table-foot' })
  const heads = columns.map((column, i) => head(column, () => {
    const down = state.sort?.by === i && !state.sort.down
    state.sort = { by: i, down }
    draw()
  }))
  const box = h('input', { type: 'search', id: uid('search'), placeholder: 'Search', 'aria-label': `Search ${label ?? 'the list'}`, class: 'search', 'data-search': true })
  box.addEventListener('input', () => { state.words = box.value.toLowerCase(); state.from = 0; draw() })
  const list = h('div', { class: 'table-scroll' }, h('table', { 'aria-label': label }, h('thead', {}, h('tr', {}, heads)), body))
  const root = h('div', { class: `table ${tag}` }, (search || actions.length > 0) && h('div', { class: 'table-bar' }, search && box, h('div', { class: 'actions' }, actions)), list, foot)

  function chosen() {
    let found = state.rows
    if (state.words) found = found.filter(row => columns.some(c => String(c.of?.(row) ?? '').toLowerCase().includes(state.words)))
    if (!state.sort) return found
    const { by, down } = state.sort
    const of = columns[by].of
    return [...found].sort((a, b) => compare(of(a), of(b)) * (down ? -1 : 1))
  }

  function draw() {
    const found = chosen()
    state.from = Math.min(state.from, Math.max(0, found.length - 1))
    state.from -= state.from % size
    heads.forEach((el, i) => el.setAttribute('aria-sort', state.sort?.by === i ? (state.sort.down ? 'descending' : 'ascending') : 'none'))
    replace(body, found.slice(state.from, state.from + size).map(row => line(row)))
    list.hidden = found.length === 0
    replace(foot, found.length === 0 ? (state.words ? empty('Nothing matches', `None of ${number(state.rows.length)} has “${box.value}” in it.`) : none ?? empty('Nothing here yet')) : turn(found.length))
  }

  function line(row) {
    const cells = columns.map((c, i) => h(i === 0 ? 'th' : 'td', { class: [c.right && 'right', c.wide && 'wide'].filter(Boolean).join(' '), scope: i === 0 ? 'row' : undefined }, c.show ? c.show(row) : String(c.of(row) ?? '')))
    const el = h('tr', { 'data-key': key?.(row) }, cells)
    if (open) {
      el.classList.add('opens')
      el.tabIndex = 0
      el.addEventListener('click', event => { if (!event.target.closest('a, button, input, label')) open(row) })
      el.addEventListener('keydown', event => {
        if (event.target !== el) return
        if (event.key === 'Enter') open(row)
        if (event.key === 'ArrowDown') { event.preventDefault(); el.nextElementSibling?.focus() }
        if (event.key === 'ArrowUp') { event.preventDefault(); el.previousElementSibling?.focus() }
      })
    }
    return el
  }

  function turn(count) {
    if (count <= size) return h('span', { class: 'about' }, `${number(count)} ${count === 1 ? 'row' : 'rows'}`)
    const by = step => { state.from += step; draw(); list.scrollTop = 0 }
    return [
      h('span', { class: 'about' }, `${number(state.from + 1)} to ${number(Math.min(count, state.from + size))} of ${number(count)}`),
      button('Previous', () => by(-size), { disabled: state.from === 0, kind: 'plain' }), button('Next', () => by(size), { disabled: state.from + size >= count, kind: 'plain' }),
    ]
  }

  root.update = next => { state.rows = next; draw() }
  draw()
  return root
}

function head(column, sort) {
  const props = { scope: 'col', class: [column.right && 'right', column.wide && 'wide'].filter(Boolean).join(' ') }
  if (!column.of) return h('th', props, column.name)
  return h('th', props, h('button', { type: 'button', class: 'sort', onclick: sort }, column.name))
}

function compare(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a ?? '').localeCompare(String(b ?? ''), undefined, { numeric: true })
}
