// The console begins here: who is signed in, which page is asked for, and what happens when either changes.
import { h, replace } from './dom.js'
import { session, onSignedOut } from './api.js'
import { route, find, address, go } from './router.js'
import { page, problem, loading, toast } from './ui.js'
import { shell, hear } from './shell.js'
import { signIn, signInAgain } from './signin.js'
import { watch } from './expiry.js'
import { forget, guard, unsaved } from './unsaved.js'
import './theme.js'

route('/apis', () => import('./pages/apis.js'))
route('/apis/:api/routes/:route?', () => import('./pages/routes.js'))
route('/apis/:api/integrations/:integration?', () => import('./pages/integrations.js'))
route('/apis/:api/authorizers/:authorizer?', () => import('./pages/authorizers.js'))
route('/apis/:api/models/:model?', () => import('./pages/models.js'))
route('/apis/:api/settings', () => import('./pages/settings.js'))
route('/apis/:api/stages/:stage?', () => import('./pages/stages.js'))
route('/apis/:api/deployments/:deployment?', () => import('./pages/deployments.js'))
route('/apis/:api/dashboard', () => import('./pages/dashboard.js'))
route('/apis/:api/connections/:connection?', () => import('./pages/connections.js'))
route('/apis/:api/trace', () => import('./pages/trace.js'))
route('/apis/:api/client', () => import('./pages/client.js'))
route('/domains/:domain?', () => import('./pages/domains.js'))
route('/keys/:key?', () => import('./pages/keys.js'))
route('/plans/:plan?', () => import('./pages/plans.js'))
route('/credentials', () => import('./pages/credentials.js'))
route('/changes', () => import('./pages/changes.js'))
route('/nodes', () => import('./pages/nodes.js'))

const app = document.getElementById('app')
let frame = null // around pages; null: nobody is signed in
let leaving = new AbortController() // of the page that is shown

/**
 * show shows the page of the address. A page's module has `title` and `show(context)`, which returns an element (or a promise of
 * one). The context has params, query, a signal that is aborted when the page is left, and refresh.
 */
async function show({ keep = false } = {}) {
  if (!frame) return
  leaving.abort()
  leaving = new AbortController()
  const { signal } = leaving
  const found = find(address())
  if (!found) { frame.show(null, 'Not found'); replace(frame.main, page({ title: 'Not found', about: `There is no page ${address()}.` })); return }
  if (!keep) replace(frame.main, loading())
  const scrolled = keep ? frame.main.scrollTop : 0
  let module
  try {
    module = await found.load()
    if (signal.aborted) return
    frame.show(found.params, module.title)
    const made = await module.show({ params: found.params, query: found.query, signal, refresh: () => show({ keep: true }) })
    if (signal.aborted) return
    replace(frame.main, made)
    frame.main.scrollTop = scrolled
    if (!keep) frame.main.querySelector('h1')?.focus({ preventScroll: true })
    else if (document.activeElement === document.body) frame.main.focus({ preventScroll: true }) // what had it is gone
  } catch (err) {
    if (!signal.aborted && err.name !== 'AbortError') { frame.show(found.params, 'Problem'); replace(frame.main, page({ title: module?.title ?? 'Problem' }, problem(err, () => show()))) }
  }
}

let who = '' // whose conversations and events the pages keep

function enter() {
  if (who && who !== session.current.arn) dispatchEvent(new Event('signedout'))
  who = session.current.arn
  frame = shell(async () => { await session.signOut(); leave(false) })
  replace(app, frame)
  show()
}

function leave(again) {
  if (!frame && app.querySelector('.signin')) return
  leaving.abort()
  frame = null
  if (!again) dispatchEvent(new Event('signedout')) // nothing of somebody's stays for who comes next
  for (const open of document.querySelectorAll('dialog[open]')) open.close()
  replace(app, signIn(enter, { again }))
  app.querySelector('input')?.focus()
}

let asking = false

/** renew asks for a key over the page: what was typed there is not lost with the session. */
async function renew(title) {
  if (!frame || asking) { if (!frame) leave(true); return }
  asking = true
  const signed = await signInAgain({ title, user: session.current.accessKeyId }).finally(() => { asking = false })
  if (!signed) { forget(); leave(true); return }
  if (who !== session.current.arn) {
    forget()
    for (const open of document.querySelectorAll('dialog[open]')) open.close()
    enter()
    return
  }
  toast('You are signed in again.')
  if (!unsaved() && !document.querySelector('dialog[open]')) show({ keep: true })
}

onSignedOut(() => renew())
watch({ ended: () => renew(), again: () => renew('Sign in again') })
guard() // before what shows the other page: on a window, listeners are told in the order in which they came
addEventListener('hashchange', () => show())
addEventListener('unhandledrejection', event => { if (event.reason?.name === 'AbortError') event.preventDefault(); else if (event.reason?.message) { event.preventDefault(); toast(event.reason.message, 'bad') } })
hear()
if (!location.hash) go('/apis', { instead: true })

try {
  if (await session.load()) enter()
  else leave(false)
} catch (err) {
  replace(app, h('main', { class: 'signin' }, problem(err, () => location.reload())))
}
