package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"gangway/test/console"
)

// unreadable are texts whose colour is too near to what is behind them, and controls that have no name: WCAG 2.2, 1.4.3 (AA) and 4.1.2.
const unreadable = `(() => {
	const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
	const rgba = c => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); const d = canvas.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255] };
	const over = (a, b) => a.slice(0, 3).map((v, i) => v * a[3] + b[i] * (1 - a[3])).concat(1);
	const behind = e => { let layers = []; for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); layers.push(c); if (c[3] === 1) break } return layers.reverse().reduce((b, a) => over(a, b), [255, 255, 255, 1]) };
	const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
	const found = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = walk.nextNode();) {
		const e = n.parentElement;
		if (!n.data.trim() || !e.checkVisibility() || e.closest('svg, option, [disabled], noscript, .skip, textarea')) continue;
		const style = getComputedStyle(e), size = parseFloat(style.fontSize), b = behind(e), f = over(rgba(style.color), b);
		const [hi, lo] = [light(f), light(b)].sort((x, y) => y - x), ratio = (hi + .05) / (lo + .05);
		const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		if (ratio < (large ? 3 : 4.5)) found.push(ratio.toFixed(2) + ' ' + n.data.trim().slice(0, 40));
	}
	for (const e of document.querySelectorAll('input, select, textarea, button, a[href], [role=tab], [role=menuitem]')) {
		if (!e.checkVisibility()) continue;
		const name = e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || e.title || (e.getAttribute('aria-labelledby') && document.getElementById(e.getAttribute('aria-labelledby'))?.innerText);
		if (!name?.trim()) found.push('no name: ' + e.outerHTML.slice(0, 120));
	}
	const ids = [...document.querySelectorAll('[id]')].map(e => e.id), twice = ids.filter((id, i) => ids.indexOf(id) !== i);
	if (twice.length) found.push('ids twice: ' + twice.join(' '));
	if (document.querySelectorAll('h1').length !== 1) found.push(document.querySelectorAll('h1').length + ' headings of the first rank');
	if (document.documentElement.scrollWidth > innerWidth) found.push('wider than the window: ' + document.documentElement.scrollWidth);
	return found
})()`

// TestReadable holds every page against WCAG: contrast in light and dark, names of controls, and no sideways scrolling on a telephone.
func TestReadable(t *testing.T) {
	u := &user{t, open(t)}
	id, leave, err := u.Furnish(t.Context())
	must(t, err)
	defer leave()
	for _, page := range console.Pages(id) {
		for _, view := range []struct {
			theme         string
			width, height int64
		}{{"light", 1280, 900}, {"dark", 1280, 900}, {"dark", 390, 800}} {
			must(t, u.Page.Theme(view.theme))
			must(t, u.Page.Resize(view.width, view.height))
			u.at(page)
			var found []string
			must(t, u.Page.Eval(unreadable, &found))
			if len(found) > 0 {
				t.Errorf("%s, %s, %d wide:\n\t%s", page, view.theme, view.width, strings.Join(found, "\n\t"))
			}
		}
	}
}

// TestKeyboard signs in and creates an API without a mouse.
func TestKeyboard(t *testing.T) {
	u := &user{t, open(t)}
	u.press("Account: root", "Sign out")
	u.waits(`document.activeElement?.name === 'username' || !!document.querySelector('.signin')`)
	must(t, u.Page.Eval(`document.querySelector('[name=username]').focus()`, nil))
	must(t, u.Page.Type(u.Key.ID+kb.Tab+u.Key.Secret+kb.Enter))
	u.waits(`!!document.querySelector('.shell h1')`)
	// Whatever can be pressed can be reached, and is seen to have been.
	var reached []string
	for range 12 {
		must(t, u.Page.Type(kb.Tab))
		var name string
		must(t, u.Page.Eval(`(e => e === document.body ? 'the end' : (getComputedStyle(e).outlineStyle === 'none' ? 'unseen: ' : '') + (e.getAttribute('aria-label') || e.innerText || e.tagName))(document.activeElement)`, &name))
		reached = append(reached, name)
	}
	if all := fmt.Sprint(reached); strings.Contains(all, "unseen") || !strings.Contains(all, "Create API") {
		t.Errorf("by Tab: %q", reached)
	}
	must(t, u.Page.Eval(`document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'k', ctrlKey: true, bubbles: true}))`, nil))
	u.waits(`document.activeElement?.type === 'search' && !!document.querySelector('dialog[open]')`)
	must(t, u.Page.Type("audit"+kb.Enter))
	u.waits(`document.querySelector('main h1')?.innerText === 'Audit log'`)
}

// TestUnsaved: what was typed and not saved is not lost by a slip.
func TestUnsaved(t *testing.T) {
	u := &user{t, open(t)}
	u.at("/apis/" + u.api("chat") + "/settings")
	u.fills("Description", "half a sentence")
	u.press("Routes")
	u.sees("Leave without saving?")
	u.press("Stay")
	u.sees("half a sentence")
	u.press("Routes")
	u.sees("Leave without saving?")
	u.press("Leave")
	u.sees("No routes yet")
}
