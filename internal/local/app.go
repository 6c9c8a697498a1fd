package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"gangway/internal/cloudformation"
	"gangway/internal/functions"
	"gangway/internal/stack"
)

// Config says what an app needs.
type Config struct {
	Source Source
	// Name is that of the stack, from which names of functions and other resources are made; empty: as the source is called.
	Name       string
	Parameters map[string]string // of the template
	Stage      string            // of a serverless.yml; empty: as it says
	// Folder keeps what must be remembered from one run to the next: which objects were made, and code that was unpacked.
	Folder          string
	Region, Account string
	Call            stack.Caller
	Functions       *functions.Host // nil: for Remove alone
	// Environment looks up a variable of the user's environment.
	Environment func(name string) (string, bool)

	read []string // files that were read for the template
}

// readFile reads a file that the template consists of, and remembers which it was.
func (c *Config) readFile(path string) ([]byte, error) {
	c.read = append(c.read, path)
	if err := c.Source.within(path); err != nil {
		return nil, err
	}
	return cloudformation.ReadFile(path, maxTemplate)
}

// maxTemplate is how many bytes a file may have that a template consists of: four times what CloudFormation takes.
const maxTemplate = 4 << 20

// An App is an app that runs here. It is for one goroutine at a time.
type App struct {
	cfg   Config
	stack *stack.Stack
	files watched
}

// A Plan is what would be done.
type Plan struct {
	*stack.Plan

	Notes []cloudformation.Note // of what is in the template and does not run here
}

// parameters are the values of the template's parameters, the user's before those of the source.
func (c *Config) parameters() map[string]string {
	all := maps.Clone(c.Source.parameters)
	if all == nil {
		return c.Parameters
	}
	maps.Copy(all, c.Parameters)
	return all
}

// nameRule is CloudFormation's for the names of stacks.
var nameRule = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)

// Open opens an app. Nothing is read of its template yet.
func Open(cfg Config) (*App, error) {
	if cfg.Name == "" {
		cfg.Name = nameOf(cfg.Source.name)
		if cfg.Source.form == framework && cfg.Stage != "" {
			cfg.Name += "-" + cfg.Stage // as the framework calls it
		}
	}
	if !nameRule.MatchString(cfg.Name) {
		return nil, fmt.Errorf("the name %q is none of a stack: expected a letter, then letters, digits and hyphens", cfg.Name)
	}
	if err := os.MkdirAll(cfg.Folder, 0o700); err != nil {
		return nil, err
	}
	opened, err := stack.Open(stack.Config{
		Name: cfg.Name, Region: cfg.Region, Account: cfg.Account, Call: cfg.Call, Environment: cfg.Environment,
		State: filepath.Join(cfg.Folder, "stack-"+cfg.Name+".json"), Source: cfg.Source.File,
	})
	if other, ok := errors.AsType[*stack.OtherTemplateError](err); ok {
		return nil, fmt.Errorf("the stack %s was made from %s: give this one another name with --name, or take that away first", other.Stack, other.Before)
	}
	if err != nil {
		return nil, err
	}
	return &App{cfg: cfg, stack: opened}, nil
}

// nameOf makes a stack's name of a folder's.
func nameOf(folder string) string {
	name := strings.Map(func(r rune) rune {
		if r < 128 && nameRule.MatchString("x"+string(r)) {
			return r
		}
		return '-'
	}, folder)
	name = strings.Trim(name, "-")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "app-" + name
	}
	return strings.TrimSuffix(name[:min(len(name), 100)], "-")
}

// Name is that of the stack.
func (a *App) Name() string { return a.cfg.Name }

// Plan reads the template and says what is to be done. Nothing is changed; if the template is wrong, the error says all that is.
func (a *App) Plan(ctx context.Context) (*Plan, error) {
	_, damage, err := a.cfg.exports() // what cannot be read at all is known before anything is done
	if err != nil {
		return nil, err
	}
	t, err := a.read()
	if err != nil {
		return nil, err
	}
	plan, err := a.stack.Plan(ctx, t)
	if err != nil {
		return nil, err
	}
	made := &Plan{plan, append(damage.notes(), t.Notes...)}
	var errs []error
	names := holders{}
	for i := range plan.Functions { // before anything is done: whether the code is there is known now
		f, missing, err := a.place(&plan.Functions[i])
		if err == nil && hasCode(&f) {
			err = wrongAt(&plan.Functions[i], errors.Join(f.Validate(), names.take(&plan.Functions[i])))
		}
		errs = append(errs, err)
		for _, text := range missing {
			made.Notes = append(made.Notes, cloudformation.Note{Where: plan.Functions[i].Where, Text: text})
		}
	}
	return made, errors.Join(errs...)
}

// read reads the template, and remembers in which state the files were.
func (a *App) read() (*cloudformation.Template, error) {
	before := a.files.again()
	a.cfg.read = nil
	t, err := a.cfg.Source.read(&a.cfg)
	a.files = watch(a.cfg.read...)
	for _, seen := range before { // a file that was written while it was read is looked at once more
		if at := slices.IndexFunc(a.files, func(s stamp) bool { return s.path == seen.path }); at >= 0 {
			a.files[at] = seen
		}
	}
	return t, err
}

// Apply does what was planned, and has the functions run as they are now. Of each step it tells when it is done, if anybody wants to know.
func (a *App) Apply(ctx context.Context, p *Plan, told func(stack.Change)) (*stack.Result, error) {
	result, err := a.stack.Apply(ctx, p.Plan, told)
	if err != nil {
		return nil, err
	}
	all := make([]functions.Function, 0, len(result.Functions))
	for i := range result.Functions {
		f, _, err := a.place(&result.Functions[i])
		if err != nil {
			return nil, err
		}
		if hasCode(&f) {
			all = append(all, f)
		}
	}
	err = a.cfg.Functions.Set(all) //nolint:contextcheck // functions go on after the plan, until the host is closed
	if err == nil {
		err = a.sweep(all)
	}
	return result, errors.Join(err, a.cfg.export(result.Outputs))
}

// place finds the code of a function, and says what of it is not here. One that has no code here cannot be invoked.
func (a *App) place(f *stack.Function) (made functions.Function, missing []string, err error) {
	made = functions.Function{
		Name: f.Name, Runtime: f.Runtime, Handler: f.Handler, Inline: f.Inline, Environment: f.Environment,
		Timeout: time.Duration(f.Timeout) * time.Second, Memory: f.Memory, Concurrency: f.Concurrency,
	}
	switch {
	case f.Note != "":
		missing = append(missing, "function "+f.ID+" cannot be invoked: "+f.Note)
	case f.Inline == "" && f.Code == "":
		missing = append(missing, "function "+f.ID+" cannot be invoked: the template does not say where its code is on this machine")
	case f.Inline == "":
		made.Dir, err = a.unpacked(f.Code)
	}
	for _, layer := range f.Layers {
		if strings.HasPrefix(layer, "arn:") {
			missing = append(missing, "function "+f.ID+" runs without the layer "+layer+", which is on AWS")
			continue
		}
		dir, failed := a.unpacked(layer)
		made.Layers, err = append(made.Layers, dir), errors.Join(err, failed)
	}
	return made, missing, wrongAt(f, err)
}

// holders are the functions by their names.
type holders map[string]*stack.Function

// take refuses a name that another function has.
func (h holders) take(f *stack.Function) error {
	if first := h[f.Name]; first != nil {
		return fmt.Errorf("function %s has the name %s as well (%v)", first.ID, f.Name, first.Where)
	}
	h[f.Name] = f
	return nil
}

// hasCode says that a function can be invoked here.
func hasCode(f *functions.Function) bool { return f.Dir != "" || f.Inline != "" }

// wrongAt says of a mistake where the function stands in the template.
func wrongAt(f *stack.Function, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%v: function %s: %w", f.Where, f.ID, err)
}

// Remove takes away all that the app has made.
func (a *App) Remove(ctx context.Context, told func(stack.Change)) error {
	if _, _, err := a.cfg.exports(); err != nil {
		return err
	}
	if a.cfg.Functions != nil {
		if err := a.cfg.Functions.Set(nil); err != nil { //nolint:contextcheck // as in Apply
			return err
		}
	}
	if err := a.stack.Remove(ctx, told); err != nil {
		return err
	}
	if err := os.RemoveAll(a.codeFolder()); err != nil {
		return err
	}
	return a.cfg.export(nil)
}
