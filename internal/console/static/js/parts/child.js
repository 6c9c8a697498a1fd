// Saving the responses of routes and of integrations. What no update takes away goes with the response, which is made anew: once that
// was agreed to, and so that who may not do all of it loses nothing.
import { h } from '../dom.js'
import { call, path } from '../api.js'
import { code } from '../ui.js'
import { confirm } from '../dialog.js'
import { change, filled } from './definition.js'

/** declined is thrown where somebody has said no: nothing was done, and there is nothing to complain of. */
export const declined = () => Object.assign(new Error('declined'), { name: 'AbortError' })

/**
 * saveChild updates a response, or makes it anew where an update would not do. `spare` is a member with a value that no other response
 * has: where the node takes it, the new one is made beside the old one first.
 */
export async function saveChild(collection, idName, before, after, spare) {
  if (!before) return call('POST', collection, filled(after))
  const at = collection + path`/${before[idName]}`
  const { body, gone, any } = change(before, after)
  if (!any) return before
  if (gone.length === 0) return call('PATCH', at, body)
  let made
  await confirm({
    title: 'Make the response anew?', action: 'Make it anew',
    text: h('span', {}, 'API Gateway has no call that takes away ', gone.map(([, key], i) => [i > 0 && ', ', code(key)]), '. A response without it is made, and the old one is deleted. On a stage that deploys by itself, messages may find none in between.'),
    does: async () => { made = await (spare ? beside : instead)({ collection, at, idName, before, after, spare }) },
  })
  if (!made) throw declined()
  return made
}

/** beside makes the new response under another key, and has it take the place of the old one. */
async function beside({ collection, at, idName, before, after, spare }) {
  const made = await call('POST', collection, filled({ ...after, ...spare }))
  const mine = collection + path`/${made[idName]}`
  const undo = () => call('DELETE', mine).catch(() => {}) // the first error is what counts
  try { await call('DELETE', at) } catch (err) { await undo(); throw err }
  const key = Object.fromEntries(Object.keys(spare).map(k => [k, after[k]]))
  try { return await call('PATCH', mine, key) } catch (err) { await restore(collection, idName, before, err); await undo(); throw err }
}

/** instead is for responses of which there can be one alone. That a second one is a conflict says that one may be made at all. */
async function instead({ collection, at, idName, before, after }) {
  try { await call('POST', collection, filled(after)) } catch (err) { if (err.status !== 409) throw err }
  await call('DELETE', at)
  try { return await call('POST', collection, filled(after)) } catch (err) { await restore(collection, idName, before, err); throw err }
}

async function restore(collection, idName, before, cause) {
  const { [idName]: id, ...old } = before
  await call('POST', collection, old).catch(() => { throw new Error(`${cause.message} The old response is deleted, and could not be made again: ${JSON.stringify(old)}`) })
}
