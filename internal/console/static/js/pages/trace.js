// What happens on an API, as it happens: every event with each step of its evaluation, and the lines that functions write on the way.
import { h, replace } from '../dom.js'
import { all, call, follow, path, query } from '../api.js'
import { go, to } from '../router.js'
import { page, section, button, status, empty, later, link, number, problem } from '../ui.js'
import { choice } from '../form.js'
import { keptLog } from '../parts/event_log.js'
import { clock } from '../parts/event_view.js'
import { eventList } from '../parts/event_list.js'
import { offer } from '../parts/clients.js'
import { deployMenu } from '../parts/deploy.js'

export const title = 'Live trace'

/** show shows the events from now on, and those of this page's last visit. */
export function show(context) {
  const api = context.params.api
  return page({ title, about: 'One line for each event, newest on top. Open one to see how it was evaluated.', actions: [deployMenu(api, context)] },
    later(async () => {
      const [about, stages] = await Promise.all([call('GET', path`/v2/apis/${api}`, undefined, context), all(path`/v2/apis/${api}/stages`, context)])
      return trace(context, about, stages.map(stage => stage.stageName))
    }, context))
}

function trace(context, about, stages) {
  const { api } = context.params
  const log = keptLog(api)
  log.away(from => `Nobody watched from ${clock(from)} on: what happened until now is not here.`)
  const asked = context.query.get('stage')
  const stage = choice([{ value: '', label: 'All stages' }, ...stages], { 'aria-label': 'Stage', value: stages.includes(asked) ? asked : '' })
  const held = holding(log)
  const place = h('div', { class: 'stack' })
  const list = eventList({
    log: held.shown, words: context.query.get('text') ?? '', controls: [held.state, stage, held.pause, button('Clear', () => { log.clear(); held.resume(); list.shut(); list.draw() }, { kind: 'small' })],
    none: stages.length === 0 ? empty('Nothing is deployed', 'Nothing can happen before the API is deployed to a stage.', link('Stages', to`/apis/${api}/stages`, { class: 'button' }))
      : empty('Waiting for events', 'Connect and send a message, and it is seen here at once.', link('Open the client', to`/apis/${api}/client`, { class: 'button' })),
    view: { api, selection: about.routeSelectionExpression, again: event => { offer(api, { stage: event.stage, text: event.message ?? '' }); go(to`/apis/${api}/client`) } },
  })
  held.told = list
  replace(place, list)
  watch(context, { log, held, stage, list, wrong: (err, again) => replace(place, section({}, problem(err, () => { replace(place, list); again() }))) })
  return place
}

// holding stands between the log and the list: while it is held, the list shows the entries of that moment.
function holding(log) {
  const state = h('span', { role: 'status' })
  const label = h('span', {}, 'Pause')
  const pause = button('', () => { if (held.entries) held.resume(); else { held.entries = [...log.entries]; held.since = held.seen; held.draw() } }, { kind: 'small' })
  pause.append(label)
  const held = {
    entries: null, seen: 0, since: 0, stream: 'waiting', pause, state, told: null,
    shown: { get entries() { return held.entries ?? log.entries } },
    resume() { held.entries = null; held.draw(); held.told?.draw() },
    draw() {
      const fresh = held.seen - held.since
      label.textContent = held.entries ? (fresh > 0 ? `Resume, ${number(fresh)} new` : 'Resume') : 'Pause'
      pause.setAttribute('aria-pressed', String(Boolean(held.entries)))
      if (state.dataset.shown !== held.stream + Boolean(held.entries)) {
        state.dataset.shown = held.stream + Boolean(held.entries)
        replace(state, held.stream !== 'open' ? status('warn', 'Connecting …') : held.entries ? status('plain', 'Paused') : status('live', 'Live'))
      }
    },
  }
  held.draw()
  return held
}

// watch follows the events of the chosen stage until the page is left.
function watch(context, { log, held, stage, list, wrong }) {
  const { api } = context.params
  let stop = new AbortController(), opened = false
  const begin = async () => {
    stop.abort()
    stop = new AbortController()
    const { signal } = stop
    held.stream = 'waiting'
    held.draw()
    const told = ({ event, data }) => {
      if (signal.aborted) return
      if (event === 'missed') log.note(`${number(Number(data))} events came faster than they could be shown, and are not here.`)
      else { log.add(JSON.parse(data)); held.seen++ }
      if (held.entries) held.draw()
      else list.changed()
    }
    const state = now => {
      if (now === 'waiting' && opened) { log.note('The stream broke: what happens until it is back is not here.'); list.changed() }
      opened = now === 'open'
      held.stream = now
      held.draw()
    }
    try { await follow(path`/gangway/apis/${api}/tail` + query({ stageName: stage.value }), { signal, told, state }) } catch (err) { if (!context.signal.aborted && err.name !== 'AbortError') wrong(err, begin) }
  }
  stage.addEventListener('change', () => { opened = false; begin() })
  context.signal.addEventListener('abort', () => { stop.abort(); log.left = Date.now() })
  begin()
}
