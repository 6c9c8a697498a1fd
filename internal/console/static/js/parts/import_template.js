// Importing APIs from a template of CloudFormation or SAM: what it would do is shown before it is done.
import { h, replace } from '../dom.js'
import { call } from '../api.js'
import { button, busy, notice, status, facts, copied, code, toast } from '../ui.js'
import { dialog } from '../dialog.js'
import { field, input, noted, pairs, saved } from '../form.js'
import { editor } from '../editor.js'

/** importTemplate asks for a template, shows its plan, and applies it. True: something may have changed. */
export async function importTemplate() {
  let applied = false
  await dialog({ title: 'Import from template', wide: true, about: 'A template of CloudFormation or SAM, in YAML or JSON, that defines WebSocket APIs. What is not of API Gateway is left alone.', body: close => ask(close, () => { applied = true }) })
  return applied
}

function ask(close, apply) {
  const name = input({ placeholder: 'chat', autocomplete: 'off', spellcheck: 'false', maxlength: 128 })
  const text = editor({ label: 'Template', lines: 10, onChange: () => stale() })
  const parameters = pairs({}, { name: 'Parameter', add: 'Add parameter' })
  const file = h('input', { type: 'file', accept: '.yaml,.yml,.json,.template', 'aria-label': 'Template file' })
  const place = h('div', { class: 'stack', 'aria-live': 'polite' })
  const named = field({ label: 'Name of the stack', control: name, name: 'name', hint: 'A second import under the same name changes what the first has made.' })
  const wanted = field({ label: 'Template', control: text, name: 'template' })
  const given = field({ label: 'Parameters', control: parameters, optional: true, hint: 'One without a value has the default of the template.' })
  const look = h('button', { type: 'submit', class: 'button primary' }, h('span', {}, 'Show the plan'))
  const doIt = button('Apply', () => send(planned), { disabled: true })
  let asked = 0, planned = null // what was shown, and nothing else, is what is applied
  const ready = plan => { planned = plan; doIt.disabled = !plan; doIt.classList.toggle('primary', Boolean(plan)); look.classList.toggle('primary', !plan) }
  const stale = () => { asked++; ready(null); replace(place) }
  file.addEventListener('change', async () => {
    if (!file.files[0]) return
    text.value = await file.files[0].text()
    name.value = file.files[0].name.replace(/\.[^.]*$/, '').replace(/[^A-Za-z0-9-]/g, '-') || name.value
    prefill()
  })
  const prefill = () => {
    stale()
    const given = parameters.value
    parameters.value = { ...Object.fromEntries(parameterNames(text.value).map(k => [k, ''])), ...given }
  }
  text.control.addEventListener('change', prefill)
  name.addEventListener('input', stale)
  parameters.addEventListener('input', stale)

  async function propose() {
    await text.check() // forgets what was wrong before, and does so now, not in a moment
    named.fault('')
    wanted.fault('')
    if (name.value.trim() === '') { named.fault('Give the stack a name.'); name.focus(); return }
    if (text.value.trim() === '') { wanted.fault('Paste a template, or choose a file.'); text.control.focus(); return }
    await send({ name: name.value.trim(), template: text.value, parameters: Object.fromEntries(Object.entries(parameters.value).filter(([, v]) => v !== '')) }, true)
  }
  async function send(order, dryRun = false) {
    const mine = ++asked
    for (const part of dryRun ? [] : [named, wanted, given, look, doIt]) part.inert = true // it is being done
    try {
      const plan = await call('POST', '/gangway/templates', { ...order, dryRun })
      if (dryRun && mine !== asked) return // of what is not there any more
      const errors = plan.errors ?? []
      text.mark(errors)
      ready(dryRun && errors.length === 0 ? order : null)
      if (!dryRun && errors.length === 0) { apply(); saved(root); replace(place, outcome(plan)); look.hidden = doIt.hidden = true; toast('The template is applied.') } else replace(place, plans(plan))
    } catch (err) {
      if (mine === asked) replace(place, notice('bad', err.message))
    } finally {
      for (const part of [named, wanted, given, look, doIt]) part.inert = false
    }
    place.scrollIntoView({ block: 'nearest' })
  }

  const root = h('form', { class: 'form', novalidate: true }, h('div', { class: 'form-grid' }, named, field({ label: 'File', control: file, optional: true })), wanted,
    given, place,
    h('div', { class: 'form-actions' }, button('Close', () => close(), { kind: 'plain' }), look, doIt))
  root.addEventListener('submit', event => { event.preventDefault(); busy(look, propose) })
  root.addEventListener('input', () => noted(root))
  return root
}

/** parameterNames are the parameters that a template asks for: good enough to name the boxes, the node reads it properly. */
function parameterNames(text) {
  try { return Object.keys(JSON.parse(text).Parameters ?? {}) } catch { /* it is YAML */ }
  const block = /^Parameters:[^\n]*\n((?:[ \t#][^\n]*\n|\n)*)/m.exec(text + '\n')?.[1] ?? ''
  const indent = /^( +)\S/m.exec(block)?.[1] ?? '  '
  return [...block.matchAll(new RegExp(`^${indent}([A-Za-z0-9]+):`, 'gm'))].map(m => m[1])
}

const signs = { create: ['good', 'Create'], change: ['warn', 'Change'], replace: ['warn', 'Replace'], delete: ['bad', 'Delete'], keep: ['plain', 'Keep'] }

function plans({ changes = [], notes, foreign, errors }) {
  const count = changes.filter(c => c.action !== 'keep').length
  return [
    errors?.length > 0 && notice('bad', h('p', {}, `${errors.length === 1 ? 'One thing is' : `${errors.length} things are`} wrong with the template. Nothing has been done.`),
      h('ul', {}, errors.map(e => h('li', {}, e.resource && [code(e.resource), ': '], e.line ? `line ${e.line}: ` : '', e.message)))),
    !errors?.length && notice('plain', count === 0 ? 'Everything is as the template has it: nothing would change.' : `${count} of ${changes.length} resources would change. Nothing has been done yet.`),
    list(changes), remarks(notes, foreign),
  ]
}

function outcome(plan) {
  const outputs = Object.entries(plan.outputs ?? {})
  return [
    notice('good', 'The template is applied.'),
    outputs.length > 0 && facts(Object.fromEntries(outputs.map(([k, v]) => [k, copied(String(v))]))),
    list(plan.changes ?? []), remarks(plan.notes, plan.foreign),
  ]
}

const list = changes => {
  if (changes.length === 0) return null
  const told = changes.some(c => c.detail)
  return h('div', { class: 'table-scroll' }, h('table', { 'aria-label': 'Resources' },
  h('thead', {}, h('tr', {}, ['Action', 'Resource', 'Type', told && 'Detail'].filter(Boolean).map(t => h('th', { scope: 'col' }, t)))),
  h('tbody', {}, changes.map(c => h('tr', {}, h('td', {}, status(...(signs[c.action] ?? ['plain', c.action]))), h('th', { scope: 'row' }, code(c.logicalId)), h('td', {}, c.type), told && h('td', { class: 'wide' }, c.detail))))))
}

const remarks = (notes, foreign) => [
  foreign?.length > 0 && notice('plain', 'Not of API Gateway, and left alone: ', foreign.map((f, i) => [i > 0 && ', ', code(f)]), '.'),
  notes?.length > 0 && notice('warn', h('ul', {}, notes.map(n => h('li', {}, n)))),
]
