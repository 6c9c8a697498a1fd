// The models of an API: JSON schemas that messages have to follow where a route says so.
import { h } from '../dom.js'
import { call, path } from '../api.js'
import { button, code, copied, details, empty, facts, later, link, page, pre, section, status, toast } from '../ui.js'
import { table } from '../table.js'
import { confirm, dialog } from '../dialog.js'
import { form, field, input } from '../form.js'
import { editor } from '../editor.js'
import { pretty } from '../parts/bodies.js'
import { go, to } from '../router.js'
import { goFrom } from '../unsaved.js'
import { deployMenu } from '../parts/deploy.js'
import { saved } from '../parts/route_form.js'
import { change, definition, filled } from '../parts/definition.js'

export const title = 'Models'

const example = '{\n  "$schema": "http://json-schema.org/draft-04/schema#",\n  "type": "object",\n  "properties": {\n    "action": { "type": "string" },\n    "text": { "type": "string", "maxLength": 1000 }\n  },\n  "required": ["action", "text"]\n}'

export async function show(context) {
  const { params, signal } = context
  const board = await definition(params.api, signal)
  if (board.models.fault) throw board.models.fault
  const used = name => board.routes.filter(r => Object.values(r.requestModels ?? {}).includes(name))
  if (!params.model) return listed(board, used, context)
  const one = board.models.find(m => m.modelId === params.model)
  if (!one) throw Object.assign(new Error(`There is no model ${params.model} in this API. It may have been deleted.`), { status: 404 })
  return single(board, one, used(one.name), context)
}

const routeLinks = (board, routes) => routes.map((r, i) => [i > 0 && ', ', link(code(r.routeKey), to`/apis/${board.id}/routes/${r.routeId}`)])

/** fields asks for a model; read() is what was said. */
function fields(api, model = { name: '', contentType: 'application/json', schema: example }) {
  const name = input({ value: model.name, spellcheck: 'false', autocomplete: 'off' })
  const type = input({ value: model.contentType ?? '', spellcheck: 'false' })
  const description = input({ value: model.description ?? '', maxlength: 1024 })
  const schema = editor({ value: model.schema, language: 'json', kind: 'schema', ask: { apiId: api }, label: 'Schema', lines: 12 })
  const lay = button('Lay out', () => { const laid = pretty(schema.value); if (laid !== null) { schema.value = laid; schema.check() } }, { kind: 'plain small' })
  return {
    list: [
      h('div', { class: 'form-grid' }, field({ label: 'Name', control: name, name: 'model name|model with name|rename model', hint: 'Letters and digits.' }), field({ label: 'Content type', control: type, name: 'contenttype', optional: true })),
      field({ label: 'Description', control: description, name: 'description', optional: true }),
      field({ label: 'Schema', control: schema, name: 'schema', hint: 'JSON schema: of the draft that $schema names, else of draft 4.' }), h('div', {}, lay),
    ],
    read: () => ({ name: name.value.trim(), contentType: type.value.trim(), description: description.value.trim(), schema: schema.value }),
    check: async () => { if (!await schema.check()) throw new Error('The schema is none that the node takes: see the line under it.') },
  }
}

function listed(board, used, context) {
  const create = async () => {
    const asked = fields(board.id)
    const made = await dialog({ title: 'Create model', wide: true, body: close => form({
      label: 'Create model', cancel: () => close(), fields: asked.list,
      save: async () => { await asked.check(); return call('POST', board.of + '/models', filled(asked.read())) },
      done: model => { toast(`Model ${model.name} is made.`); close(model) },
    }) })
    if (made) context.refresh()
  }
  return page({ title, about: 'JSON schemas that messages have to follow, where a route names them.', actions: [button('Create model', create, { icon: 'plus' }), deployMenu(board.id, context)] },
    table({
      label: 'models', rows: board.models, key: m => m.modelId, open: m => go(to`/apis/${board.id}/models/${m.modelId}`), sort: { by: 0, down: false },
      none: empty('No models yet', 'A route with a model refuses messages that do not follow it, before the backend is called.', button('Create model', create, { kind: 'primary', icon: 'plus' })),
      columns: [
        { name: 'Name', of: m => m.name, show: m => link(m.name, to`/apis/${board.id}/models/${m.modelId}`) },
        { name: 'Description', wide: true, of: m => m.description ?? '' },
        { name: 'Content type', of: m => m.contentType ?? '' },
        { name: 'Routes', of: m => used(m.name).map(r => r.routeKey).join(' '), show: m => used(m.name).length === 0 ? status('plain', 'Not used') : h('div', { class: 'keys' }, routeLinks(board, used(m.name))) },
        { name: 'ID', of: m => m.modelId, show: m => code(m.modelId) },
      ],
    }))
}

function single(board, model, routes, context) {
  const asked = fields(board.id, model)
  const at = board.of + path`/models/${model.modelId}`
  const drop = async () => {
    const gone = await confirm({
      title: `Delete the model ${model.name}?`, text: routes.length > 0 ? 'Routes name it: the node refuses until none does.' : 'What is deployed does not change until you deploy.',
      does: async () => { await call('DELETE', at); toast(`Model ${model.name} is deleted.`) },
    })
    if (gone) goFrom(to`/apis/${board.id}/models`)
  }
  const sample = details('A template that makes an example of it', h('div'))
  sample.addEventListener('toggle', () => {
    if (sample.open) sample.lastElementChild.replaceChildren(later(async () => pre((await call('GET', at + '/template')).value), { signal: context.signal }))
  })
  return page({ title: model.name, about: [link('Models', to`/apis/${board.id}/models`), ' / model'], actions: [button('Delete', drop, { icon: 'trash', kind: 'plain' }), deployMenu(board.id, context)] },
    section({}, facts({ ID: copied(model.modelId), 'Used by': routes.length > 0 ? h('div', { class: 'keys' }, routeLinks(board, routes)) : 'no route' })),
    section({ title: 'Model' }, form({
      label: 'Save model', fields: asked.list,
      save: async () => {
        await asked.check()
        const { body, any } = change(model, asked.read())
        if (any) await call('PATCH', at, body)
      },
      done: () => { saved(); context.refresh() },
    }), sample))
}
