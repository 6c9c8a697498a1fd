// Signing in. The secret goes to the node once and is kept nowhere in the browser: what stays is a cookie that scripts cannot read.
import { h } from './dom.js'
import { session } from './api.js'
import { form, field, input } from './form.js'
import { glyph, notice } from './ui.js'

/** signIn is the form; done is called once somebody is signed in. */
export function signIn(done, { again = false } = {}) {
  const id = input({ name: 'username', autocomplete: 'username', spellcheck: 'false', autofocus: true })
  const secret = input({ type: 'password', name: 'password', autocomplete: 'current-password' })
  const token = input({ autocomplete: 'off', spellcheck: 'false' })
  return h('main', { class: 'signin' },
    h('div', { class: 'signin-card' },
      h('img', { src: 'icon.svg', alt: '', width: 40, height: 40 }),
      h('h1', {}, 'Gangway'),
      h('p', { class: 'about' }, again ? 'Your session has ended. Sign in to go on where you were.' : 'Sign in with an access key of this node.'),
      // A browser keeps the cookie of the session only where nobody can listen.
      !isSecureContext && notice('warn', 'This address is not encrypted, so nobody can sign in here. Use https, or a tunnel to the node: ', h('code', {}, `ssh -L 8081:127.0.0.1:8081 ${location.hostname}`)),
      form({
        label: 'Sign in',
        fields: [
          field({ label: 'Access key ID', control: id }),
          field({ label: 'Secret access key', control: secret }),
          h('details', {}, h('summary', {}, 'Session token'), field({ label: 'Session token', control: token, hint: 'Only with temporary credentials.' })),
        ],
        save: () => session.signIn({ accessKeyId: id.value.trim(), secretAccessKey: secret.value.trim(), ...(token.value.trim() && { sessionToken: token.value.trim() }) }),
        done,
      }),
      h('p', { class: 'hint' }, glyph('info'), ' The first key is in the file ', h('code', {}, 'credentials'), ' of the data folder; ', h('code', {}, 'gangway env'), ' prints it.')))
}
