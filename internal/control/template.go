package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gangway/internal/cloudformation"
	"gangway/internal/gateway"
	"gangway/internal/stack"
)

// templateOrder is what a client says about a template that is to be imported.
type templateOrder struct {
	Name       string            `json:"name"` // of the stack
	Template   string            `json:"template"`
	Parameters map[string]string `json:"parameters"`
	DryRun     bool              `json:"dryRun"`
}

func templateBody() []any { return []any{new(templateOrder)} }

// templateChange is what becomes of a resource.
type templateChange struct {
	Action    string `json:"action"` // "create", "change", "replace", "delete" or "keep"
	LogicalID string `json:"logicalId"`
	Type      string `json:"type"`
	Detail    string `json:"detail,omitempty"` // the properties that differ
}

// templateMistake is what is wrong with a template, or what could not be done.
type templateMistake struct {
	mistake
	Resource string `json:"resource,omitempty"` // the logical id
}

// templateReport is what has become of a template, or would.
type templateReport struct {
	Changes []templateChange  `json:"changes"`
	Outputs map[string]string `json:"outputs"` // of what was made
	Notes   []string          `json:"notes"`
	Foreign []string          `json:"foreign"` // resources of other services: they are not made
	Errors  []templateMistake `json:"errors"`
}

// templateName is what messages call a template, which here is no file.
const templateName = "template"

// stackName is what CloudFormation takes for the name of a stack.
var stackName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)

// errNoFiles is said of a template that is a part of another: who sends a text must not have files of this machine read.
var errNoFiles = errors.New("no file is read here: apply the template that it names by itself")

// importTemplate brings the control plane to what a CloudFormation template says, or tells what that would change. Every single
// call is the caller's own, so that it may do no more by this than without.
func importTemplate(c *call) (any, error) {
	var order templateOrder
	if err := decode(c.body, &order); err != nil {
		return nil, err
	}
	switch {
	case !stackName.MatchString(order.Name):
		return nil, gateway.Errorf(gateway.ErrInvalid, "Invalid name '%s'. Expected a letter, and up to 127 letters, digits and hyphens", order.Name)
	case len(order.Template) > cloudformation.MaxBytes:
		return nil, gateway.Errorf(gateway.ErrInvalid, "Template must be at most %d bytes", cloudformation.MaxBytes)
	}
	end, err := c.turn(c.bounds.imports)
	if err != nil {
		return nil, err
	}
	defer end()
	if !order.DryRun {
		// What others import is theirs, whatever they call it.
		stack := c.caller.ARN + " " + order.Name
		if _, running := c.importing.LoadOrStore(stack, true); running {
			return nil, gateway.Errorf(gateway.ErrConflict, "A template is being imported as %s", order.Name)
		}
		defer c.importing.Delete(stack)
	}
	return c.bring(&order)
}

// bring opens the stack of a template, and has it filled.
func (c *call) bring(order *templateOrder) (any, error) {
	// What the stack has made is found again by its tags, so that nothing of it is kept here.
	folder, err := os.MkdirTemp("", "gangway-import-*")
	if err != nil {
		return nil, fmt.Errorf("import template: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	s, err := stack.Open(stack.Config{
		Name: order.Name, Region: c.Names.Region, Account: c.Names.Account, Call: c.asCaller, State: filepath.Join(folder, "state.json"),
	})
	if err != nil {
		return nil, fmt.Errorf("import template: %w", err)
	}
	report := &templateReport{Changes: []templateChange{}, Outputs: map[string]string{}, Notes: []string{}, Foreign: []string{}, Errors: []templateMistake{}}
	ctx, cancel := c.patience() // who has left half-way would not know what was made
	defer cancel()
	if err = report.fill(ctx, c, s, order); err != nil && ctx.Err() != nil {
		err = gateway.Errorf(gateway.ErrUnavailable, "The import has not come to its end: import the template again, and it goes on")
	}
	return report, err
}

// fill plans, and does what was planned unless that is all that was asked for. Its error is none of the template.
func (r *templateReport) fill(ctx context.Context, c *call, s *stack.Stack, order *templateOrder) error {
	template, err := cloudformation.Read(templateName, "", []byte(order.Template), cloudformation.Options{
		Parameters: order.Parameters, StackName: order.Name, Region: c.Names.Region, Account: c.Names.Account,
		ReadFile: func(string) ([]byte, error) { return nil, errNoFiles },
	})
	if err != nil {
		return r.mistakes(err)
	}
	plan, err := s.Plan(ctx, template)
	if err != nil {
		return r.mistakes(err)
	}
	r.remark(template, plan)
	if order.DryRun {
		r.changed(plan.Changes)
		return nil
	}
	var done []stack.Change
	result, err := s.Apply(ctx, plan, func(change stack.Change) { done = append(done, change) })
	r.changed(asDone(plan.Changes, done))
	if result != nil {
		for _, output := range result.Outputs {
			r.Outputs[output.Name] = output.Value
		}
	}
	if err != nil {
		return r.mistakes(err)
	}
	return nil
}

// asDone is what a plan has become: of what was planned that which was done, and what was to stay.
func asDone(planned, done []stack.Change) []stack.Change {
	stays := slices.DeleteFunc(slices.Clone(planned), func(p stack.Change) bool {
		return p.Action != stack.Keep || slices.ContainsFunc(done, func(d stack.Change) bool { return d.ID == p.ID })
	})
	return slices.Concat(done, stays)
}

// changed notes changes in the words of the answer.
func (r *templateReport) changed(changes []stack.Change) {
	words := map[stack.Action]string{stack.Update: "change", stack.Remove: "delete", stack.Retain: "keep"}
	for _, change := range changes {
		word, other := words[change.Action]
		if !other {
			word = string(change.Action)
		}
		r.Changes = append(r.Changes, templateChange{word, change.ID, change.Type, strings.Join(change.Properties, ", ")})
	}
}

// remark notes what of a template is not done.
func (r *templateReport) remark(template *cloudformation.Template, plan *stack.Plan) {
	for _, note := range template.Notes {
		r.Notes = append(r.Notes, fmt.Sprintf("line %d: %s", note.Where.Line, note.Text))
	}
	for i := range plan.Functions {
		f := &plan.Functions[i]
		r.Notes = append(r.Notes, fmt.Sprintf("line %d: %s is a function, which is not run from here: routes call it as %s", f.Where.Line, f.ID, f.Name))
	}
	for _, other := range plan.Foreign {
		text := other.ID + " (" + other.Type + ")"
		if other.Note != "" {
			text += ": " + other.Note
		}
		r.Foreign = append(r.Foreign, text)
	}
}

// mistakes notes the errors of a template, and of the control plane about it. Another is returned: it is not for clients.
func (r *templateReport) mistakes(err error) error {
	var others []error
	for _, err := range causes(err) {
		resource, ok := errors.AsType[*stack.ResourceError](err)
		if !ok {
			resource = &stack.ResourceError{Err: err}
		}
		for _, cause := range causes(resource.Err) {
			if isOurs(cause) {
				others = append(others, err)
				continue
			}
			r.Errors = append(r.Errors, wordMistake(resource, cause))
		}
	}
	return errors.Join(others...)
}

// causes are the errors that an error joins.
func causes(err error) []error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		return all.Unwrap()
	}
	return []error{err}
}

// isOurs says whether an error is about the machine that this runs on, or about the call, and not about the template.
func isOurs(err error) bool {
	_, ofPath := errors.AsType[*fs.PathError](err)
	_, ofLink := errors.AsType[*os.LinkError](err)
	return ofPath || ofLink || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func wordMistake(resource *stack.ResourceError, cause error) templateMistake {
	if wrong, ok := errors.AsType[*cloudformation.Error](cause); ok {
		message := strings.TrimPrefix(strings.TrimPrefix(wrong.Path+": "+wrong.Reason, ": "), "Properties.")
		return templateMistake{mistake{message, wrong.Where.Line, wrong.Where.Column}, cmp.Or(wrong.Resource, resource.ID)}
	}
	return templateMistake{mistake{cause.Error(), resource.Where.Line, resource.Where.Column}, resource.ID}
}
