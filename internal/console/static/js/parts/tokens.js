// JSON Web Tokens and origins: what tags of an API or of a stage have the node itself ask of who wants to connect.
import { h, replace } from '../dom.js'
import { all, path } from '../api.js'
import { later, notice, section, toast } from '../ui.js'
import { form, field, input, choice } from '../form.js'
import { arn, saveTags } from './tags.js'

const asks = [
  ['gangway:jwt-issuer', 'Issuer', 'https://issuer.example.com', 'The iss of tokens, exactly. Its keys are found through /.well-known/openid-configuration below it.'],
  ['gangway:jwt-audience', 'Audience', '', 'One or more, of which a token’s aud has one.'],
  ['gangway:jwt-sources', 'Where the token is', 'route.request.header.Authorization', 'Headers, query parameters or subprotocols: route.request.subprotocol.NAME.'],
  ['gangway:jwt-scopes', 'Scopes', '', 'One or more, of which a token’s scope has one.'],
  ['gangway:jwt-jwks-uri', 'Where the keys are', '', 'If the issuer does not say.'],
  ['gangway:allowed-origins', 'Allowed origins', 'https://app.example.com https://.example.org', 'Pages that may connect. Without it any page may.'],
]

/** tokens is the section of an API that edits them. */
export function tokens(board, context) {
  const of = h('div', { class: 'stack' })
  const root = section({ title: 'Tokens and origins', about: 'The node verifies tokens of an OpenID Connect provider itself, and can keep out foreign pages. Both act at once, without a deployment; several values are separated by blanks.' },
    later(async () => {
      const stages = await all(board.of + '/stages', { signal: context.signal })
      const where = choice([{ value: '', label: 'The API' }, ...stages.map(s => ({ value: s.stageName, label: `Stage ${s.stageName}` }))])
      const draw = () => {
        const stage = stages.find(s => s.stageName === where.value)
        replace(of, edit(board, stage, context))
      }
      where.addEventListener('change', draw)
      draw()
      return h('div', { class: 'stack' }, h('div', { class: 'narrow' }, field({ label: 'For', control: where, hint: 'What a stage says wins over what the API says.' })), of)
    }, { signal: context.signal }))
  return root
}

function edit(board, stage, context) {
  const before = (stage ?? board.api).tags ?? {}
  const inherited = stage ? board.api.tags ?? {} : {}
  const boxes = asks.map(([tag, , placeholder]) => [tag, input({ value: before[tag] ?? '', placeholder: inherited[tag] ?? placeholder, spellcheck: 'false' })])
  const connect = board.routes.find(r => r.routeKey === '$connect')
  const clash = connect && connect.authorizationType !== 'NONE' && (before['gangway:jwt-issuer'] ?? inherited['gangway:jwt-issuer'])
  return [
    clash && notice('bad', 'Tokens and the authorization of $connect exclude each other: nobody gets in. Set $connect to NONE, or take the issuer away.'),
    form({
      label: 'Save', fields: [h('div', { class: 'columns' }, asks.map(([tag, label, , hint], i) => field({ label, control: boxes[i][1], name: tag, hint, optional: true })))],
      save: async () => {
        const name = arn(stage ? path`/apis/${board.id}/stages/${stage.stageName}` : path`/apis/${board.id}`)
        const mine = Object.fromEntries(asks.flatMap(([tag]) => before[tag] === undefined ? [] : [[tag, before[tag]]]))
        await saveTags(name, mine, Object.fromEntries(boxes.map(([tag, box]) => [tag, box.value.trim()]).filter(([, value]) => value !== '')))
      },
      done: () => { toast('Saved. It counts from now on.'); context.refresh() },
    }),
  ]
}
