// What a deployment holds, to be read.
import { h } from '../dom.js'
import { facts, details, json, code, number } from '../ui.js'
import { table } from '../table.js'
import { led } from './diff.js'

/** contents shows a snapshot: its routes and where they lead, and the rest of it as it stands. */
export function contents(snapshot) {
  const integrations = new Map((snapshot.integrations ?? []).map(i => [`integrations/${i.integrationId}`, i]))
  const authorizers = new Map((snapshot.authorizers ?? []).map(a => [a.authorizerId, a.name]))
  const leads = route => {
    const i = integrations.get(route.target)
    return i ? led(i) : 'nowhere'
  }
  return h('div', { class: 'stack' },
    facts({
      Routes: number(snapshot.routes?.length ?? 0), Integrations: number(integrations.size), Authorizers: number(authorizers.size), Models: number(snapshot.models?.length ?? 0),
      'Route selection expression': code(snapshot.api.routeSelectionExpression),
    }),
    table({
      label: 'Routes of this deployment', rows: snapshot.routes ?? [], search: (snapshot.routes?.length ?? 0) > 10, key: r => r.routeId,
      columns: [
        { name: 'Route', of: r => r.routeKey, show: r => code(r.routeKey) },
        { name: 'Leads to', of: leads, wide: true },
        { name: 'Asks for', of: r => [r.authorizationType !== 'NONE' && (authorizers.get(r.authorizerId) ?? r.authorizationType), r.apiKeyRequired && 'API key'].filter(Boolean).join(', ') || 'nothing' },
        { name: 'Replies', of: r => r.responses?.length > 0 ? 'yes' : 'no' },
      ],
    }),
    unfolded('All of it as JSON', () => json(snapshot)))
}

// A snapshot of 300 routes is a long text: it is made when somebody wants it.
function unfolded(summary, make) {
  const el = details(summary)
  el.addEventListener('toggle', () => { if (el.open && el.childElementCount === 1) el.append(make()) }, { once: true })
  return el
}
