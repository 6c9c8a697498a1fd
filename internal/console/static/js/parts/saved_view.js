// Messages beside the client: those that somebody has kept, and those that the routes of the API would take.
import { h, replace } from '../dom.js'
import { button, details, menu, toast, section } from '../ui.js'
import { form, field, input } from '../form.js'
import { dialog } from '../dialog.js'
import { saved, keep, drop, suggested } from './saved.js'

/** savedView shows messages; insert gets the text of the one that is chosen. Its keep(text) asks for a name. */
export function savedView({ api, expression, routes, insert }) {
  const own = h('div', { class: 'kept' })
  const draw = () => {
    const list = saved(api)
    replace(own, list.length === 0 ? h('p', { class: 'about' }, 'None yet. “Keep” below the box keeps what is in it, in this browser.') : list.map(message => h('div', { class: 'kept-row' }, item(message, insert),
      menu('', [
        { label: 'Rename …', does: () => rename(api, message).then(draw) },
        { label: 'Delete', kind: 'danger', does: () => { drop(api, message.name); draw(); toast(`Deleted “${message.name}”.`) } },
      ], { kind: 'plain small', 'aria-label': `Actions of ${message.name}` }))))
  }
  draw()
  const guessed = suggested(expression, routes)
  const el = section({ title: 'Saved messages' }, own,
    guessed.length > 0 && unfolded(guessed.length < 13, details(`For ${guessed.length === 1 ? 'the route' : `${guessed.length} routes`}`, h('div', { class: 'kept' }, guessed.map(message => item(message, insert))))))
  el.keep = async text => { if (await ask({ title: 'Keep this message', text, done: name => keep(api, name, text) })) draw() }
  return el
}

const unfolded = (open, el) => { el.open = open; return el }

const item = (message, insert) => button(message.name, () => insert(message.text), { kind: 'plain kept-item', title: message.text.slice(0, 400) })

function rename(api, message) {
  return ask({ title: 'Rename', name: message.name, done: name => { if (name !== message.name) drop(api, message.name); keep(api, name, message.text) } })
}

/** ask asks for a name, and for what to do with it. */
export function ask({ title, name = '', text, done, label = 'Keep' }) {
  return dialog({
    title,
    body: close => {
      const box = input({ value: name || (text ? guess(text) : ''), autocomplete: 'off', maxlength: 80 })
      return form({
        label, cancel: () => close(), fields: [field({ label: 'Name', control: box, name: 'name' })],
        save: async () => {
          if (box.value.trim() === '') throw new Error('The name is missing.')
          await done(box.value.trim())
        },
        done: () => close(true),
      })
    },
  })
}

// guess is a name for a message: what its first member says.
function guess(text) {
  try {
    const first = Object.values(JSON.parse(text))[0]
    return typeof first === 'string' ? first.slice(0, 40) : ''
  } catch { return text.trim().slice(0, 40) }
}
