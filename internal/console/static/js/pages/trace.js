// What happens on an API, as it happens: every event with each step of its evaluation, and the lines that functions write on the way.
import { h, replace } from '../dom.js'
import { all, call, path } from '../api.js'
import { go, to } from '../router.js'
import { page, section, button, status, empty, later, link, number, problem } from '../ui.js'
import { choice } from '../form.js'
import { watched, hold, again, listen } from '../parts/watching.js'
import { eventList } from '../parts/event_list.js'
import { offer } from '../parts/clients.js'
import { deployMenu } from '../parts/deploy.js'

export const title = 'Live trace'

/** show shows the events as they come, and those that the console has seen before. */
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
  const { log } = watched(api)
  const asked = context.query.get('stage')
  const stage = choice([{ value: '', label: 'All stages' }, ...stages], { 'aria-label': 'Stage', value: stages.includes(asked) ? asked : '' })
  const held = holding(log, entry => !stage.value || entry.note || (entry.event ?? entry.line).stage === stage.value)
  const place = h('div', { class: 'stack' })
  const list = eventList({
    log: held.shown, words: context.query.get('text') ?? '', errors: context.query.has('errors'), controls: [held.state, stage, held.pause, button('Clear', () => { log.clear(); held.resume(); list.shut(); list.draw() }, { kind: 'small' })],
    none: stages.length === 0 ? empty('Nothing is deployed', 'Nothing can happen before the API is deployed to a stage.', link('Stages', to`/apis/${api}/stages`, { class: 'button' }))
      : empty('Waiting for events', 'Connect and send a message, and it is seen here at once.', link('Open the client', to`/apis/${api}/client`, { class: 'button' })),
    view: { api, selection: about.routeSelectionExpression, again: event => { offer(api, { stage: event.stage, text: event.message ?? '' }); go(to`/apis/${api}/client`) } },
  })
  held.told = list
  replace(place, list)
  watch(context, { held, stage, list, wrong: (err, retry) => replace(place, section({}, problem(err, () => { replace(place, list); retry() }))) })
  return place
}

// holding stands between the log and the list: it shows those entries that are wanted, and while it is held, those of that moment.
function holding(log, wanted) {
  const state = h('span', { role: 'status' })
  const label = h('span', {}, 'Pause')
  const pause = button('', () => { if (held.entries) held.resume(); else { held.entries = [...log.entries]; held.since = held.seen; held.draw() } }, { kind: 'small' })
  pause.append(label)
  const held = {
    entries: null, seen: 0, since: 0, stream: 'waiting', pause, state, told: null,
    shown: { get entries() { return (held.entries ?? log.entries).filter(wanted) } },
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

// watch shows what comes until the page is left.
function watch(context, { held, stage, list, wrong }) {
  const { api } = context.params
  const watching = watched(api)
  const look = event => {
    if (event && (!stage.value || event.stage === stage.value)) held.seen++
    held.stream = watching.state
    held.draw()
    if (watching.fault) wrong(watching.fault, () => again(api))
    else if (!held.entries) list.changed()
  }
  stage.addEventListener('change', () => { held.draw(); list.draw() })
  listen(api, look, context.signal)
  if (watching.fault) again(api)
  else hold(api, 'page')
  look()
}
