// The audit log: every write of the control plane, newest first.
import { h, replace } from '../dom.js'
import { all, page as pageOf } from '../api.js'
import { to } from '../router.js'
import { page, section, button, link, code, empty, time, loading, problem } from '../ui.js'
import { input, choice, check } from '../form.js'

export const title = 'Audit log'

export async function show({ signal }) {
  const body = h('tbody')
  const foot = h('div', { class: 'table-foot' })
  const box = h('div', { class: 'table-scroll' }, h('table', { 'aria-label': title, class: 'audit' }, h('thead', {}, h('tr', {}, ['Revision', 'When', 'Who', 'Operation', 'What'].map(name => h('th', { scope: 'col' }, name)))), body))
  const words = input({ type: 'search', class: 'search', placeholder: 'Search what is shown', 'aria-label': 'Search what is shown', 'data-search': true })
  const kind = choice([{ value: '', label: 'All operations' }, ...['Create', 'Update', 'Delete'].map(v => ({ value: v, label: `${v} …` }))], { 'aria-label': 'Operations' })
  const own = check('What the node itself has written')
  const changes = []
  let names = new Map()
  let token, more = true

  const draw = () => {
    const wanted = words.value.toLowerCase()
    const found = changes.filter(c => (own.control.checked || !ofNode(c)) && (!kind.value || c.operation.startsWith(kind.value)) && (JSON.stringify(c) + objects(c).map(key => named(key, names)).join(' ')).toLowerCase().includes(wanted))
    replace(body, found.map(c => line(c, names)))
    box.hidden = found.length === 0
    replace(foot, found.length === 0 && empty('No changes', changes.length ? 'None of those that are loaded matches.' : 'Nothing was written yet.'),
      h('span', { class: 'about' }, `${found.length} of ${changes.length} loaded`), more && button('Load older', next, { kind: 'plain' }))
  }
  const next = async () => {
    const got = await pageOf('/gangway/changes?order=descending', { signal, token, most: 100 })
    changes.push(...got.items)
    token = got.nextToken
    more = Boolean(token)
    draw()
  }
  words.addEventListener('input', draw)
  for (const el of [kind, own.control]) el.addEventListener('change', draw)
  known(signal).then(found => { names = found; if (changes.length > 0) draw() })
  replace(foot, loading())
  try { await next() } catch (err) { if (err.name === 'AbortError') throw err; box.hidden = true; replace(foot, problem(err, next)) }
  return page({ title, about: 'Who changed what, and when. It is the log that the definitions are made of, so nothing is missing.' },
    section({}, h('div', { class: 'row' }, words, h('div', {}, kind), own), box, foot))
}

const objects = c => [c.objects ?? []].flat()

// ofNode says whether the node has written something by itself: that it began, or how much of its plans keys have used.
const ofNode = c => /^gangway( |$)/.test(c.principal)

/** known are the names of what has ids, by their keys, as far as they may be listed. */
async function known(signal) {
  const lists = await Promise.all([['/v2/apis', 'apis', 'apiId'], ['/apikeys', 'apikeys', 'id'], ['/usageplans', 'usageplans', 'id']].map(async ([of, kind, id]) => {
    try { return (await all(of, { signal })).map(one => [`${kind}/${one[id]}`, one.name]) } catch { return [] } // their ids have to do
  }))
  return new Map(lists.flat())
}

const named = (key, names) => names.get(key.split('/').filter(Boolean).slice(0, 2).join('/'))

const line = (c, names) => h('tr', {}, h('th', { scope: 'row', class: 'right' }, c.revision), h('td', {}, time(c.time)), h('td', {}, who(c.principal)), h('td', {}, code(c.operation)), h('td', { class: 'wide' }, objects(c).map(key => h('div', {}, named(key, names) && [h('b', {}, named(key, names)), ' '], place(key)))))

/** who is the name of a principal: what follows the last slash of its ARN; its key is in the title. */
function who(principal) {
  const [arn, key] = principal.split(' ')
  return h('span', { title: `${arn} ${key ?? ''}` }, arn.replace(/^.*:(user\/)?/, ''))
}

/** place leads to what was changed, if there is a page for it. */
function place(key) {
  const parts = key.split('/').filter(Boolean)
  const pages = new Set(['routes', 'integrations', 'authorizers', 'models', 'stages', 'deployments'])
  if (parts[0] === 'apis' && pages.has(parts[2])) return link(code(key), to`/apis/${parts[1]}/${parts[2]}/${parts[3] ?? ''}`)
  if (parts[0] === 'apis' && parts[1]) return link(code(key), to`/apis/${parts[1]}/routes`)
  const roots = { domainnames: 'domains', apikeys: 'keys', usageplans: 'plans' }
  if (roots[parts[0]] && parts[1]) return link(code(key), to`/${roots[parts[0]]}/${parts[1]}`)
  return code(key)
}
