// Signing in. The secret goes to the node once and is kept nowhere in the browser: what stays is a cookie that
// scripts cannot read, and a token that opens nothing without it.
import { h } from './dom.js'
import { session } from './api.js'
import { dialog } from './dialog.js'
import { form, field, input, saved } from './form.js'
import { button, glyph, notice } from './ui.js'

/** signIn is the form; done is called once somebody is signed in. */
export function signIn(done, { again = false } = {}) {
  return h('main', { class: 'signin' },
    h('div', { class: 'signin-card' },
      h('img', { src: 'icon.svg', alt: '', width: 40, height: 40 }),
      h('h1', {}, 'Gangway'),
      h('p', { class: 'about' }, again ? 'Your session has ended. Sign in to go on where you were.' : 'Sign in with an access key of this node.'),
      // A browser keeps the cookie of the session only where nobody can listen.
      !isSecureContext && notice('warn', 'This address is not encrypted, so nobody can sign in here. Use https, or a tunnel to the node: ', h('code', {}, `ssh -L 8081:127.0.0.1:8081 ${location.hostname}`)),
      keyForm(done),
      h('p', { class: 'hint' }, glyph('info'), ' The first key is in the file ', h('code', {}, 'credentials'), ' of the data folder; ', h('code', {}, 'gangway env'), ' prints it.')))
}

// keyForm asks for an access key; `user` is the id of the one that was shown before.
function keyForm(done, user = '') {
  const id = input({ name: 'username', value: user, autocomplete: 'username', spellcheck: 'false', autofocus: !user })
  const secret = input({ type: 'password', name: 'password', autocomplete: 'current-password', autofocus: Boolean(user) })
  const token = input({ autocomplete: 'off', spellcheck: 'false' })
  const el = form({
    label: 'Sign in',
    fields: [
      field({ label: 'Access key ID', control: id }),
      field({ label: 'Secret access key', control: secret }),
      h('details', {}, h('summary', {}, 'Session token'), field({ label: 'Session token', control: token, hint: 'Only with temporary credentials.' })),
    ],
    save: () => session.signIn({ accessKeyId: id.value.trim(), secretAccessKey: secret.value.trim(), ...(token.value.trim() && { sessionToken: token.value.trim() }) }),
    done,
  })
  el.addEventListener('input', () => saved(el)) // a key is nothing to be kept
  return el
}

/**
 * signInAgain asks for the key over what is shown, so that nothing of it is lost. The promise is whether somebody has signed in; false:
 * they would rather begin anew.
 */
export const signInAgain = ({ title = 'Your session has ended', user } = {}) => dialog({
  title, about: 'Sign in to go on. What you have typed is still there; do again what was not done.', closes: false,
  body: close => [keyForm(() => close(true), user), h('p', {}, button('Begin anew, as somebody else', () => close(false), { kind: 'link' }))],
})
