// Package browser drives Chromium for tests of what people see: it presses what has a name, fills in what has a label, waits for what
// is to appear, and keeps what the browser complained of: errors of scripts, of the console, of the content security policy, and
// requests that left the machine or failed.
//
// It knows no page. What is to appear has a minute to do so.
package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long what is to appear may take. It is far longer than anything takes: only what is broken runs into it.
const patience = time.Minute

// Find is where the browser is; [exec.ErrNotFound] if there is none.
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("chromium: %w", exec.ErrNotFound)
}

// A Browser is one that runs, with a profile of its own.
type Browser struct {
	ctx    context.Context //nolint:containedctx // a browser lives as long as its context
	cancel context.CancelFunc
}

// Open starts a browser; it ends with the context, or when it is closed.
func Open(ctx context.Context, path string) (*Browser, error) {
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("no-proxy-server", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1280, 900))
	allocated, stop := chromedp.NewExecAllocator(ctx, options...)
	// The library tells of each event that is newer than it is.
	running, end := chromedp.NewContext(allocated, chromedp.WithErrorf(func(string, ...any) {}))
	b := &Browser{ctx: running, cancel: func() { end(); stop() }}
	if err := chromedp.Run(running); err != nil {
		b.cancel()
		return nil, fmt.Errorf("browser: %w", err)
	}
	return b, nil
}

// Close ends the browser and waits for it.
func (b *Browser) Close() {
	_ = chromedp.Cancel(b.ctx) // it is over either way
	b.cancel()
}

// A Page is one tab. Its methods must not be called concurrently, but for Faults.
type Page struct {
	ctx   context.Context //nolint:containedctx // so does a page
	close context.CancelFunc

	mu       sync.Mutex // guards what follows
	faults   []string
	received float64 // bytes over the network
	requests []string
	urls     map[network.RequestID]string
}

// NewPage opens a tab.
func (b *Browser) NewPage() (*Page, error) {
	ctx, cancel := chromedp.NewContext(b.ctx)
	p := &Page{ctx: ctx, close: cancel, urls: map[network.RequestID]string{}}
	chromedp.ListenTarget(ctx, p.note)
	if err := chromedp.Run(ctx, network.Enable(), log.Enable()); err != nil {
		cancel()
		return nil, fmt.Errorf("page: %w", err)
	}
	return p, nil
}

// Close closes the tab.
func (p *Page) Close() { p.close() }

// note keeps what the browser complains of.
func (p *Page) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.faults = append(p.faults, "exception: "+e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning || e.Type == runtime.APITypeAssert {
			p.faults = append(p.faults, fmt.Sprintf("console %s: %s", e.Type, words(e.Args)))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			p.faults = append(p.faults, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		p.urls[e.RequestID] = e.Request.URL
		p.requests = append(p.requests, e.Request.URL)
	case *network.EventLoadingFinished:
		p.received += e.EncodedDataLength
	}
}

func words(args []*runtime.RemoteObject) string {
	var all []string
	for _, arg := range args {
		all = append(all, string(arg.Value)+arg.Description)
	}
	return strings.Join(all, " ")
}

// Faults is what the browser has complained of since this was last asked.
func (p *Page) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	faults := p.faults
	p.faults = nil
	return faults
}

// Traffic is what was asked for so far, and how many bytes have come.
func (p *Page) Traffic() (urls []string, received float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests), p.received
}

// Go shows an address and waits until it is loaded.
func (p *Page) Go(url string) error { return p.do(chromedp.Navigate(url)) }

// Eval evaluates an expression, a promise included, and decodes what it comes to; nil: nobody wants to know.
func (p *Page) Eval(expression string, result any) error {
	return p.do(chromedp.Evaluate(expression, result, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
}

// Wait waits until an expression is true.
func (p *Page) Wait(expression string) error { return p.wait(expression, nil) }

// wait is Wait for what it comes to.
func (p *Page) wait(expression string, result any) error {
	if err := p.do(chromedp.Poll(expression, result, chromedp.WithPollingTimeout(patience))); err != nil {
		var text string
		_ = chromedp.Run(context.WithoutCancel(p.ctx), chromedp.Evaluate(`document.body.innerText.slice(0, 2000)`, &text)) // only to say more
		return fmt.Errorf("waiting for %s: %w; the page says: %s", expression, err, text)
	}
	return nil
}

// See waits until a text can be read.
func (p *Page) See(text string) error {
	return p.Wait(fmt.Sprintf(`document.body.innerText.includes(%s) || [...document.querySelectorAll('input,textarea')].some(e => e.value.includes(%[1]s))`, quote(text)))
}

// said are the names of an element: its label, text or title, whole and their first lines.
const said = `(e => [e.getAttribute('aria-label'), e.labels && e.labels[0] && e.labels[0].innerText, e.innerText, e.title, e.placeholder]
	.filter(Boolean).flatMap(t => [t.trim().replace(/\s+/g, ' '), t.trim().split('\n')[0].trim()]))`

// named finds what people would call by a name: the text, its first line, the label or title of something that can be pressed or filled in. What a
// dialog shows comes before what is behind it.
const named = `((name, kinds, begins) => {
	const open = [...document.querySelectorAll('dialog[open]')].pop();
	const shown = e => e.checkVisibility() && !e.disabled;
	const said = ` + said + `;
	const all = [...(open || document).querySelectorAll(kinds)].filter(shown);
	return all.find(e => said(e).includes(name)) || begins && all.find(e => said(e).some(t => t.startsWith(name)));
})`

const (
	pressed = `button, a, summary, [role=tab], [role=menuitem], input[type=checkbox], input[type=radio], label.check, tr[tabindex]`
	filled  = `input, textarea, select`
)

// Press presses a button, link, tab or box by its name with the mouse, once it is there, stands still and nothing lies over it. What
// moves away under the mouse is pressed again; what takes the button down and never has its click is an error.
func (p *Page) Press(name string) error {
	for {
		var at struct{ X, Y float64 }
		found := fmt.Sprintf(`(e => {
			if (!e) return false;
			e.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'});
			const over = () => { const r = e.getClientRects()[0]; return r && document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) };
			if (!e.contains(over())) e.scrollIntoView({block: 'center', inline: 'nearest', behavior: 'instant'});
			const r = e.getClientRects()[0], last = window.pressing;
			window.pressing = {e, x: r.x + r.width / 2, y: r.y + r.height / 2};
			if (last?.e !== e || last.x !== window.pressing.x || last.y !== window.pressing.y || !e.contains(over())) return false;
			const mine = t => { for (let c = t; c?.closest && (c = c.closest(%[2]s)); c = c.parentElement) if (c === e || %[3]s(c).includes(%[4]s)) return c };
			window.pressing = {down: null, done: false};
			const now = window.pressing;
			addEventListener('mousedown', event => { now.down = mine(event.target) }, {capture: true, once: true});
			addEventListener('mouseup', event => { now.done = !!now.down && now.down.contains(event.target) }, {capture: true, once: true});
			return {X: r.x + r.width / 2, Y: r.y + r.height / 2};
		})(%[1]s(%[4]s, %[2]s))`, named, quote(pressed), said, quote(name))
		if err := p.wait(found, &at); err != nil {
			return err
		}
		if err := p.do(chromedp.MouseClickXY(at.X, at.Y)); err != nil {
			return err
		}
		var came struct{ Down, Done bool }
		if err := p.Eval(`(p => ({Down: !!p?.down, Done: !!p?.done}))(window.pressing)`, &came); err != nil {
			return err
		}
		if came.Down && !came.Done {
			return fmt.Errorf("the press on %q was swallowed: what was pressed is gone before the button is up", name)
		}
		if came.Done {
			return nil
		}
	}
}

// Fill types a text into what has a label, or one that begins so, in place of what is there; of a list it chooses the option with that value or label.
func (p *Page) Fill(label, text string) error {
	call := fmt.Sprintf("%s(%s, %s, true)", named, quote(label), quote(filled))
	if err := p.Wait("!!" + call); err != nil {
		return err
	}
	var list bool
	if err := p.Eval(fmt.Sprintf(`(e => {
		if (e.tagName !== 'SELECT') { e.focus(); e.select?.(); return false }
		const o = [...e.options].find(o => o.value === %[2]s || o.label === %[2]s);
		if (!o) throw new Error('no option %[3]s among ' + [...e.options].map(o => o.label).join(', '));
		e.value = o.value; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); return true
	})(%[1]s)`, call, quote(text), strings.ReplaceAll(text, "'", "")), &list); err != nil || list {
		return err
	}
	if text == "" {
		return p.do(chromedp.KeyEvent("\b"))
	}
	return p.do(input.InsertText(text))
}

// Type sends keys to what has the focus: see package kb of chromedp.
func (p *Page) Type(keys string) error { return p.do(chromedp.KeyEvent(keys)) }

// Theme has the page drawn as a system with light or dark colours asks for it.
func (p *Page) Theme(name string) error {
	return p.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}))
}

// Resize gives the page another size, in CSS pixels.
func (p *Page) Resize(width, height int64) error {
	return p.do(chromedp.EmulateViewport(width, height))
}

// Shot is a picture of what can be seen, as PNG.
func (p *Page) Shot() (picture []byte, err error) {
	err = p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		picture, err = page.CaptureScreenshot().Do(ctx)
		return err
	}))
	return picture, err
}

func (p *Page) do(action chromedp.Action) error {
	if err := chromedp.Run(p.ctx, action); err != nil {
		return errors.Join(err, context.Cause(p.ctx))
	}
	return nil
}

func quote(text string) string {
	b, _ := json.Marshal(text) // a text always marshals
	return string(b)
}
