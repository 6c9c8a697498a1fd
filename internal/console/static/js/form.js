// Forms: what is wrong is said beside the field it concerns, in the words of the node, and nothing that was typed is lost.
import { h, uid, replace } from './dom.js'
import { button, busy } from './ui.js'

/** input, textarea and choice are controls; their properties are attributes. */
export const input = (props = {}) => h('input', { type: 'text', ...props })
export const textarea = (props = {}) => h('textarea', { rows: 3, spellcheck: 'false', ...props })

/** choice is a list to choose one from: ['a', 'b'] or [{ value, label }]. */
export function choice(options, { value, ...props } = {}) {
  const el = h('select', props, options.map(o => h('option', { value: o.value ?? o }, o.label ?? o)))
  if (value !== undefined) el.value = value
  return el
}

/** check is a box to tick, with its label. The control is its `control`. */
export function check(label, { checked = false, hint, ...props } = {}) {
  const control = h('input', { type: 'checkbox', checked, ...props })
  return h('label', { class: 'check' }, control, h('span', {}, label, hint && h('small', {}, hint))) // a label knows its control
}

/** radios is a list to choose one from that is seen as a whole: options are { value, label, hint }. */
export function radios(options, { value = options[0].value, label, onChange = () => {} } = {}) {
  const name = uid('radios')
  const boxes = options.map(o => h('input', { type: 'radio', name, value: o.value, checked: o.value === value, disabled: o.disabled, onchange: () => onChange(o.value) }))
  const el = h('div', { class: 'radios', role: 'radiogroup', 'aria-label': label }, options.map((o, i) => h('label', { class: 'check' }, boxes[i], h('span', {}, o.label, o.hint && h('small', {}, o.hint)))))
  Object.defineProperty(el, 'value', { get: () => boxes.find(b => b.checked)?.value, set: v => { for (const b of boxes) b.checked = b.value === v } })
  return el
}

/** group is a field whose control has several parts, each with a name of its own. */
export function group({ label, control, hint, name, optional }) {
  const id = uid('group')
  const fault = h('p', { class: 'fault' })
  const el = h('div', { class: 'field', role: 'group', 'aria-labelledby': id, 'data-name': name }, h('div', { class: 'group-label', id }, label, optional && h('small', {}, 'optional')), hint && h('p', { class: 'hint' }, hint), control, fault)
  el.fault = text => { fault.textContent = text ?? ''; el.classList.toggle('wrong', Boolean(text)) }
  return el
}

/** field is a control with its label, a hint, and room for what is wrong with it. Its name may be several, with | between them. */
export function field({ label, control, hint, name, optional }) {
  const target = control.control ?? control
  target.id ||= uid('field')
  const about = uid('about')
  const fault = h('p', { class: 'fault', id: uid('fault') })
  if (hint) target.setAttribute('aria-describedby', about)
  const el = h('div', { class: 'field', 'data-name': name }, h('label', { for: target.id }, label, optional && h('small', {}, 'optional')), control, hint && h('p', { class: 'hint', id: about }, hint), fault)
  el.fault = text => {
    fault.textContent = text ?? ''
    el.classList.toggle('wrong', Boolean(text))
    target.setAttribute('aria-invalid', String(Boolean(text)))
    target.setAttribute('aria-describedby', [hint && about, text && fault.id].filter(Boolean).join(' '))
  }
  target.addEventListener('input', () => { if (fault.textContent) el.fault('') })
  return el
}

/**
 * form shows fields and sends them. `save` does the work and may throw; an error whose message names a field by its name
 * (as the control plane does) is shown beside that field, any other one above the buttons. `done` is told the result. Its allow(can)
 * says whether it may be sent at all.
 */
export function form({ fields, save, done = () => {}, label = 'Save', cancel, danger = false }) {
  const fault = h('p', { class: 'fault', role: 'alert' })
  const submit = h('button', { type: 'submit', class: `button ${danger ? 'danger' : 'primary'}` }, h('span', {}, label))
  const el = h('form', { class: 'form', novalidate: true }, fields, fault, h('div', { class: 'form-actions' }, cancel && button('Cancel', cancel, { kind: 'plain' }), submit))
  el.addEventListener('submit', event => {
    event.preventDefault()
    if (submit.disabled) return // Enter and Ctrl+Enter press it, too
    busy(submit, async () => {
      place(el, fault, '')
      try { const made = await save(); saved(el); await done(made) } catch (err) { if (err.name !== 'AbortError') place(el, fault, err.message) }
    })
  })
  el.addEventListener('input', () => noted(el))
  el.allow = can => { submit.disabled = !can }
  el.addEventListener('keydown', event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); el.requestSubmit() } })
  return el
}

/** noted marks a form as one in which something was typed that is not saved, so that whoever leaves it can be asked. */
export const noted = form => { form.dataset.unsaved = '' }

/** saved marks a form as one in which nothing is left to save. */
export const saved = form => { delete form.dataset.unsaved }

function place(el, fault, message) {
  const named = [...el.querySelectorAll('.field[data-name]')]
  for (const f of named) f.fault?.('')
  fault.textContent = ''
  if (!message) return
  const lower = message.toLowerCase()
  const at = named.find(f => !f.closest('[hidden]') && f.dataset.name.toLowerCase().split('|').some(name => lower.includes(name)))
  if (!at) { fault.textContent = message; return }
  at.fault(message)
  at.closest('details')?.setAttribute('open', '')
  at.querySelector('input, select, textarea')?.focus()
}

/** pairs edits a map of names and values; its `value` is an object. */
export function pairs(value = {}, { name = 'Name', of = 'Value', add = 'Add' } = {}) {
  const rows = h('div', { class: 'pairs' })
  const row = (k = '', v = '') => {
    const el = h('div', { class: 'pair' }, input({ value: k, placeholder: name, 'aria-label': name }), input({ value: v, placeholder: of, 'aria-label': of }),
      button('', () => { el.remove(); rows.dispatchEvent(new Event('input', { bubbles: true })) }, { kind: 'plain small', icon: 'close', 'aria-label': 'Remove' }))
    return el
  }
  const fill = map => replace(rows, Object.entries(map ?? {}).map(([k, v]) => row(k, v)))
  fill(value)
  const el = h('div', {}, rows, button(add, () => { const made = row(); rows.append(made); made.querySelector('input').focus() }, { kind: 'plain small', icon: 'plus' }))
  Object.defineProperty(el, 'value', { get: () => Object.fromEntries([...rows.children].map(r => [...r.querySelectorAll('input')].map(i => i.value)).filter(([k]) => k !== '')), set: fill })
  return el
}
