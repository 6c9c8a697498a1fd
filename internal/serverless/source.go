package serverless

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// query is a question to a source: type(params):address.
type query struct {
	kind    string
	params  []string
	address string
	at      *yaml.Node
}

// key is how the question was written, without its variables.
func (q *query) key() string {
	key := q.kind
	if q.params != nil {
		key += "(" + strings.Join(q.params, ", ") + ")"
	}
	if q.address != "" || q.params == nil {
		key += ":" + q.address
	}
	return key
}

// sourceKinds are the sources that answer by themselves, and those that only an account has.
var sourceKinds = []string{"self", "opt", "sls", "env", "param", "file", "strToBool", "aws", "ssm", "cf", "s3"}

// ask answers with a node, which may have variables itself, or with a missingError.
func (r *resolver) ask(q *query) (*yaml.Node, error) {
	if q.address == "" && q.kind != "file" && q.kind != "strToBool" {
		return nil, r.wrong(q.at, "${%s}: what is asked for must follow the colon", q.key())
	}
	switch q.kind {
	case "self":
		return r.follow(r.root, q.address)
	case "opt":
		return r.flag(q)
	case "sls":
		return r.framework(q)
	case "env":
		return r.environment(q)
	case "param":
		return r.param(q)
	case "file":
		return r.fromFile(q)
	case "strToBool":
		return r.truth(q)
	case "aws":
		return r.account(q)
	}
	return r.given(q)
}

// follow goes down a path such as custom.tables.0, where a step may be a variable itself.
func (r *resolver) follow(node *yaml.Node, path string) (*yaml.Node, error) {
	walked := ""
	for step := range strings.SplitSeq(path, ".") {
		within, err := r.open(node)
		if err != nil {
			return nil, err
		}
		switch within.Kind {
		case yaml.MappingNode:
			node = member(within, step)
		case yaml.SequenceNode:
			node = nil
			if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(within.Content) {
				node = within.Content[i]
			}
		default:
			node = nil
		}
		if node == nil {
			return nil, missing("%s has no %q%s", place(walked), step, hint(step, keys(within)))
		}
		walked += "." + step
	}
	return node, nil
}

// place names how far a path was followed, for errors.
func place(walked string) string {
	if walked == "" {
		return "it"
	}
	return strings.TrimPrefix(walked, ".")
}

// flag is an option of the command line.
func (r *resolver) flag(q *query) (*yaml.Node, error) {
	given := map[string]string{"stage": r.o.Stage, "s": r.o.Stage, "region": r.o.Region, "r": r.o.Region}[q.address]
	if value, ok := r.o.Flags[q.address]; ok {
		given = value
	}
	if given == "" {
		return nil, missing("the option %q was not given", q.address)
	}
	return r.foreign(q.at, given), nil
}

// framework is what the framework knows of this run.
func (r *resolver) framework(q *query) (*yaml.Node, error) {
	switch q.address {
	case "stage":
		stage, err := r.stage()
		return text(q.at, stage), err
	case "instanceId":
		// The framework makes one up for each run; the same file should make the same template.
		return text(q.at, "gangway"), nil
	}
	return nil, r.wrong(q.at, "${sls:%s}: there is stage and instanceId", q.address)
}

// stage is the one that is deployed to.
func (r *resolver) stage() (string, error) {
	if r.o.Stage != "" {
		return r.o.Stage, nil
	}
	return r.wordAt("provider.stage", "dev")
}

// region is where the service is deployed to.
func (r *resolver) region() (string, error) {
	if r.o.Region != "" {
		return r.o.Region, nil
	}
	return r.wordAt("provider.region", defaultRegion)
}

// wordAt is the text at a path, or what to take where there is none.
func (r *resolver) wordAt(path, otherwise string) (string, error) {
	value, err := r.follow(r.root, path)
	if err == nil {
		value, err = r.open(value)
	}
	if _, none := errors.AsType[*missingError](err); none || err == nil && null(value) {
		return otherwise, nil
	}
	if err != nil {
		return "", err
	}
	word, ok := plainText(value)
	if !ok {
		return "", r.wrong(value, "%s is %s, not a text", path, kindOf(value))
	}
	return word, nil
}

// environment looks into the environment, then into .env, as the framework does: what is set wins over what is written down.
func (r *resolver) environment(q *query) (*yaml.Node, error) {
	if r.o.Environment != nil {
		if value, ok := r.o.Environment(q.address); ok {
			return r.foreign(q.at, value), nil
		}
	}
	if value, ok := r.dotenv[q.address]; ok {
		return r.foreign(q.at, value), nil
	}
	return nil, missing("the environment variable %s is not set", q.address)
}

// param looks where the framework does: the command line, params of the stage, those of every stage; and in version 4
// stages.NAME.params.
func (r *resolver) param(q *query) (*yaml.Node, error) {
	if value, ok := r.o.Params[q.address]; ok {
		return r.foreign(q.at, value), nil
	}
	stage, err := r.stage()
	if err != nil {
		return nil, err
	}
	for _, path := range []string{"params." + stage, "params.default", "stages." + stage + ".params", "stages.default.params"} {
		all, err := r.follow(r.root, path)
		if err == nil {
			all, err = r.open(all)
		}
		if _, none := errors.AsType[*missingError](err); err != nil && !none {
			return nil, err
		}
		if value := member(all, q.address); value != nil && !null(value) {
			return value, nil
		}
	}
	return nil, missing("the parameter %q is not set for stage %s", q.address, stage)
}

// truth makes a truth of a text, by the words that the framework takes.
func (r *resolver) truth(q *query) (*yaml.Node, error) {
	if len(q.params) != 1 {
		return nil, r.wrong(q.at, "strToBool wants one value in its parentheses")
	}
	switch strings.ToLower(strings.TrimSpace(q.params[0])) {
	case "true", "1":
		return node(q.at, true), nil
	case "false", "0":
		return node(q.at, false), nil
	}
	return nil, r.wrong(q.at, "strToBool takes true, false, 1 and 0, not %q", brief(q.params[0]))
}

// account is what the framework asks of AWS itself.
func (r *resolver) account(q *query) (*yaml.Node, error) {
	switch q.address {
	case "accountId":
		if r.o.Account != "" {
			return text(q.at, r.o.Account), nil
		}
		return text(q.at, "000000000000"), nil
	case "region":
		region, err := r.region()
		return text(q.at, region), err
	}
	return nil, r.wrong(q.at, "${aws:%s}: there is accountId and region; "+
		`write \${aws:%[1]s} for a variable of IAM policies`, q.address)
}

// given is a value that lies in an account, or with a plugin: only the user can say it.
func (r *resolver) given(q *query) (*yaml.Node, error) {
	for _, key := range []string{q.key(), q.kind + ":" + q.address} {
		if value, ok := r.o.Values[key]; ok {
			return r.foreign(q.at, value), nil
		}
	}
	switch q.kind {
	case "ssm", "cf", "s3":
		return nil, missing("this is looked up in an AWS account, and there is none here: give a value for %q, or a "+
			"fallback as in ${%[1]s, 'value'}", q.key())
	}
	return nil, r.wrong(q.at, "${%s}: there is no source %q%s; give a value for %[1]q if a plugin has it", q.key(), q.kind,
		hint(q.kind, sourceKinds))
}

// foreign is a text from outside, in which nothing is looked for.
func (r *resolver) foreign(at *yaml.Node, value string) *yaml.Node {
	return r.constant(at, &literal{"!!str", value})
}

// fromFile reads a YAML or JSON file and follows the address in it; any other file is one text.
func (r *resolver) fromFile(q *query) (*yaml.Node, error) {
	if len(q.params) == 0 || q.params[0] == "" {
		return nil, r.wrong(q.at, "file wants a path in its parentheses")
	}
	path := q.params[0]
	content, known := r.files[path]
	if !known {
		var err error
		if content, err = r.parse(path, q.at); err != nil {
			return nil, err
		}
		r.files[path] = content
	}
	if content == nil {
		return nil, missing("there is no file %s", path)
	}
	if q.address == "" {
		return content, nil
	}
	return r.follow(content, q.address)
}

// parse reads a file, nil if there is none. Its nodes point to the place that asked for it first.
func (r *resolver) parse(path string, at *yaml.Node) (*yaml.Node, error) {
	extension := filepath.Ext(path)
	switch extension {
	case ".js", ".cjs", ".mjs", ".ts":
		return nil, r.wrong(at, "%s would have to be run: write what it says into a YAML or JSON file", path)
	}
	content, err := r.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, r.wrong(at, "cannot read %s: %s", path, err)
	}
	var made *yaml.Node
	switch extension {
	case ".yml", ".yaml":
		made, err = load(path, content)
	case ".json", ".tfstate":
		made, err = loadJSON(path, content)
	default:
		made = text(at, string(content))
	}
	if err != nil {
		return nil, r.wrong(at, "%s", err)
	}
	moveTo(at, made)
	return made, nil
}

// moveTo gives all nodes of a tree the place of another.
func moveTo(at, tree *yaml.Node) {
	tree.Line, tree.Column = at.Line, at.Column
	for _, part := range tree.Content {
		moveTo(at, part)
	}
}

// loadJSON is load for JSON, whose escapes are not those of YAML.
func loadJSON(name string, content []byte) (*yaml.Node, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	made, err := jsonValue(decoder, 0)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return made, nil
		}
		err = errors.New("there is more after the end")
	}
	line := 1 + bytes.Count(content[:min(int(decoder.InputOffset()), len(content))], []byte("\n"))
	return nil, wrong(name, &yaml.Node{Line: line}, "no JSON: %s", err)
}

// jsonValue reads one value, members in their order.
func jsonValue(decoder *json.Decoder, depth int) (*yaml.Node, error) {
	at := &yaml.Node{}
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d levels within each other", maxDepth)
	}
	switch token := token.(type) {
	case json.Delim:
		made := list(at)
		if token == '{' {
			made = object(at)
		}
		for decoder.More() {
			part, err := jsonValue(decoder, depth+1)
			if err != nil {
				return nil, err
			}
			made.Content = append(made.Content, part)
		}
		_, err = decoder.Token()
		return made, err
	case json.Number:
		if strings.ContainsAny(token.String(), ".eE") {
			return scalar(at, "!!float", token.String()), nil
		}
		return scalar(at, "!!int", token.String()), nil
	case string:
		return text(at, token), nil
	case bool:
		return node(at, token), nil
	}
	return scalar(at, "!!null", "null"), nil
}
