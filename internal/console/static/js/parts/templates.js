// Templates: each under its key, with what the node would refuse in its place, and a place beside it to see what it makes.
import { h, replace, uid } from '../dom.js'
import { call } from '../api.js'
import { button, pre, details, notice } from '../ui.js'
import { field, input } from '../form.js'
import { editor } from '../editor.js'

const samples = {
  request: { says: 'The message', body: '{\n  "action": "hello",\n  "name": "ann"\n}', context: { connectionId: 'Connection0Test=', routeKey: 'hello', sourceIp: '127.0.0.1' } },
  response: { says: 'What the backend answers', body: '{\n  "greeting": "hello ann"\n}', context: { connectionId: 'Connection0Test=', routeKey: 'hello' }, status: 200 },
}

/** parsed is a text as JSON; an editor that has another one says so. */
export function parsed(box, nothing = {}) {
  if (box.value.trim() === '') return nothing
  try { return JSON.parse(box.value) } catch (err) {
    const line = err.message.match(/line (\d+) column (\d+)/)
    box.mark([{ message: err.message, ...(line && { line: Number(line[1]), column: Number(line[2]) }) }])
    throw err
  }
}

/** renderer shows what a template makes of a message; `of` is the editor of the template, `kind` request or response. */
function renderer(of, kind) {
  const sample = samples[kind]
  const body = editor({ value: sample.body, language: 'json', label: sample.says, lines: 4, onChange: () => soon() })
  const context = editor({ value: JSON.stringify(sample.context, null, 2), language: 'json', kind: 'json', label: 'Values of $context', lines: 3, onChange: () => soon() })
  const variables = editor({ value: '{}', language: 'json', kind: 'json', label: 'Stage variables', lines: 1, onChange: () => soon() })
  const status = sample.status && input({ type: 'number', value: sample.status, min: 200, max: 599, oninput: () => soon() })
  const out = h('div', { role: 'status', class: 'stack' })
  let waiting, asked = 0
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(render, 250) }
  const render = async () => {
    const mine = ++asked
    if (!root.isConnected || !root.checkVisibility()) return
    try {
      const said = await call('POST', '/gangway/render', {
        template: of.value, context: parsed(context), stageVariables: parsed(variables), ...(status ? { reply: { status: Number(status.value), body: body.value } } : { body: body.value }),
      })
      if (mine !== asked) return
      of.mark(said.error ? [said.error] : [])
      replace(out, said.error ? notice('bad', place(said.error)) : pre(said.output === '' ? ' ' : said.output, { 'aria-label': 'Output' }), !said.error && said.output === '' && h('p', { class: 'hint' }, 'The output is empty.'))
    } catch (err) {
      if (mine === asked) replace(out, notice('bad', err.message))
    }
  }
  const root = h('div', { class: 'render' },
    h('div', { class: 'stack' }, named(sample.says, body), status && field({ label: 'Status', control: status }), named('$context', context), named('$stageVariables', variables)),
    h('div', { class: 'stack' }, h('div', { class: 'group-label' }, 'What it makes'), out, h('div', {}, button('Render', render, { icon: 'play', kind: 'small' }))))
  root.render = soon
  return root
}

const place = ({ message, line, column }) => line ? `Line ${line}${column ? `, column ${column}` : ''}: ${message}` : message
const named = (label, control) => h('div', { class: 'field' }, h('div', { class: 'group-label', 'aria-hidden': 'true' }, label), control)

/** template is an editor of one template with its Render pane. */
export function template({ value, label = 'Template', kind = 'request', lines = 4 }) {
  const text = editor({ value, language: 'vtl', kind: 'template', label, lines, onChange: () => pane.render() })
  const pane = renderer(text, kind)
  const tried = details('Render with an example', pane)
  tried.addEventListener('toggle', () => { if (tried.open) pane.render() })
  const root = h('div', { class: 'stack' }, text, tried)
  root.control = text.control
  root.check = text.check
  Object.defineProperty(root, 'value', { get: () => text.value })
  return root
}

/** templates edits a map of keys and templates; its value is an object, and check() asks the node about all of them. */
export function templates(map = {}, { kind = 'request' } = {}) {
  const list = h('div', { class: 'stack' })
  const put = (key, text) => {
    const name = input({ value: key, placeholder: '$default', spellcheck: 'false', id: uid('key') })
    const body = template({ value: text, label: `Template ${key}`, kind })
    const el = h('div', { class: 'template' },
      h('div', { class: 'row template-head' }, field({ label: 'Key', control: name }), button('Remove template', () => { el.remove(); more.focus() }, { kind: 'plain small', icon: 'trash' })), body)
    el.read = () => [name.value.trim(), body.value]
    el.check = body.check
    el.name = name
    list.append(el)
    return el
  }
  const more = button('Add template', () => put(list.children.length === 0 ? '$default' : '', kind === 'request' ? '{\n  "connectionId": "$context.connectionId",\n  "message": $input.json(\'$\')\n}' : '$input.body').name.select(), { kind: 'small', icon: 'plus' })
  const root = h('div', { class: 'stack' }, list, h('div', {}, more))
  root.check = async () => (await Promise.all([...list.children].map(el => el.check()))).every(Boolean)
  const fill = all => { replace(list); for (const [key, text] of Object.entries(all ?? {})) put(key, text) }
  Object.defineProperty(root, 'value', { get: () => Object.fromEntries([...list.children].map(el => el.read()).filter(([key]) => key !== '')), set: fill })
  fill(map)
  return root
}
