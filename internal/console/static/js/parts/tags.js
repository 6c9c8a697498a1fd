// Tags of APIs and stages. Those that begin with gangway: are options of the node; the others are notes.
import { h } from '../dom.js'
import { call, path, session } from '../api.js'
import { code, toast } from '../ui.js'
import { form, pairs } from '../form.js'
import { changed, gone, isEmpty } from '../changed.js'

/** arn names a thing of the control plane: arn`/apis/${id}`. */
export const arn = way => `arn:aws:apigateway:${session.current.region}::${way}`

/** tags edits those of a thing. What else is being edited on the page stays as it is: nothing is shown anew. */
export function tags(name, of) {
  const control = pairs(of.tags ?? {}, { name: 'Key', add: 'Add tag' })
  return form({
    label: 'Save tags', save: () => saveTags(name, of.tags ?? {}, control.value), done: saved => { of.tags = saved; toast('Tags are saved.') },
    fields: [
      h('p', { class: 'about' }, 'They act at once. A key that begins with ', code('gangway:'), ' is an option, such as ', code('gangway:idle-timeout'), ' or ', code('gangway:compression'), '; the node refuses those it does not know.'),
      h('div', { role: 'group', 'aria-label': 'Tags' }, control),
    ],
  })
}

/** saveTags has a thing have the tags of after in place of those of before. What the node refuses costs none that is there. */
export async function saveTags(name, before, after) {
  const set = changed(before, after), left = gone(before, after)
  if (!isEmpty(set)) await call('POST', path`/v2/tags/${name}`, { tags: set })
  if (left.length > 0) await call('DELETE', path`/v2/tags/${name}` + '?' + left.map(k => 'tagKeys=' + encodeURIComponent(k)).join('&'))
  return after
}
