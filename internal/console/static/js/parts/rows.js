// Lists that are edited row by row, for what is no plain map of texts.
import { h, replace } from '../dom.js'
import { button } from '../ui.js'
import { input, choice } from '../form.js'

/**
 * rows edits a list: cells(item) makes the controls of a row, read(controls) is its item again, or undefined for a row that says
 * nothing. Its value is the list.
 */
export function rows({ items = [], cells, read, add = 'Add', blank }) {
  const list = h('div', { class: 'pairs' })
  const put = item => {
    const controls = cells(item)
    const columns = controls.map(c => c.narrow ? 'auto' : 'minmax(0, 1fr)').join(' ') + ' auto'
    const el = h('div', { class: 'pair', style: { gridTemplateColumns: columns } }, controls,
      button('', () => { const next = el.nextElementSibling ?? el.previousElementSibling; el.remove(); (next?.querySelector('input') ?? more).focus(); root.dispatchEvent(new Event('input', { bubbles: true })) }, { kind: 'plain small', icon: 'close', 'aria-label': 'Remove' }))
    el.read = () => read(controls)
    list.append(el)
    return el
  }
  const more = button(add, () => put(blank).querySelector('input, select').focus(), { kind: 'plain small', icon: 'plus' })
  const root = h('div', {}, list, more)
  Object.defineProperty(root, 'value', {
    get: () => [...list.children].map(el => el.read()).filter(item => item !== undefined),
    set: next => { replace(list); next.forEach(put) },
  })
  items.forEach(put)
  return root
}

/** texts edits a list of texts. */
export const texts = (items, { label, placeholder, add }) => rows({
  items, add, blank: '',
  cells: text => [input({ value: text, 'aria-label': label, placeholder, spellcheck: 'false' })],
  read: ([box]) => box.value.trim() || undefined,
})

/** modelsByKey edits a map of keys, as a model selection expression comes to, and names of models. */
export function modelsByKey(map = {}, models = []) {
  const el = rows({
    items: Object.entries(map), add: 'Add model', blank: ['$default', models[0]?.name ?? ''],
    cells: ([key, name]) => {
      const names = models.map(m => m.name)
      return [input({ value: key, placeholder: '$default', 'aria-label': 'Key', spellcheck: 'false' }),
        choice(names.includes(name) || name === '' ? names : [name, ...names], { value: name, 'aria-label': 'Model' })]
    },
    read: ([key, name]) => key.value.trim() && name.value ? [key.value.trim(), name.value] : undefined,
  })
  if (models.length === 0) el.lastElementChild.hidden = true
  return mapped(el)
}

/** parameters edits the parameters of a route: each with whether it has to be there. */
export function parameters(map = {}, prefix = 'route.request') {
  const el = rows({
    items: Object.entries(map), add: 'Add parameter', blank: [`${prefix}.header.`, { required: true }],
    cells: ([name, { required }]) => {
      const box = h('input', { type: 'checkbox', checked: required })
      const label = h('label', { class: 'check' }, box, 'Required')
      label.box = box
      label.narrow = true
      return [input({ value: name, placeholder: `${prefix}.header.NAME`, 'aria-label': 'Parameter', spellcheck: 'false' }), label]
    },
    read: ([name, label]) => name.value.trim() ? [name.value.trim(), { required: label.box.checked }] : undefined,
  })
  return mapped(el)
}

/** mapped has a list of pairs be an object. */
function mapped(el) {
  const list = Object.getOwnPropertyDescriptor(el, 'value')
  const root = h('div', {}, el)
  Object.defineProperty(root, 'value', { get: () => Object.fromEntries(list.get.call(el)) })
  return root
}
