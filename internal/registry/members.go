package registry

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// A body is read once, and what is authorized of it is what is done. The reference's names are told by their case; encoding/json would
// take any, and the last of two, so bodies are taken apart here first: a name that is not the operation's, or comes twice, is refused.

// Members of the requests that have a body, by their names in the service model.
var (
	settingMembers = []string{
		"Role", "Handler", "Description", "Timeout", "MemorySize", "VpcConfig", "Environment", "Runtime", "DeadLetterConfig", "KMSKeyArn",
		"TracingConfig", "Layers", "FileSystemConfigs", "ImageConfig", "EphemeralStorage", "SnapStart", "LoggingConfig",
		"CapacityProviderConfig", "DurableConfig",
	}
	codeMembers     = []string{"ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "S3ObjectStorageMode", "ImageUri", "SourceKMSKeyArn"}
	creationMembers = slices.Concat(settingMembers, []string{
		"FunctionName", "Code", "Publish", "PackageType", "Tags", "CodeSigningConfigArn", "Architectures", "PublishTo", "TenancyConfig",
	})
	updateMembers     = slices.Concat(codeMembers, []string{"Publish", "DryRun", "RevisionId", "Architectures", "PublishTo"})
	revisionMembers   = slices.Concat(settingMembers, []string{"RevisionId"})
	permissionMembers = []string{
		"StatementId", "Action", "Principal", "SourceArn", "SourceAccount", "EventSourceToken", "RevisionId", "PrincipalOrgID",
		"FunctionUrlAuthType", "InvokedViaFunctionUrl",
	}
)

// structures are the members that have members themselves.
var structures = map[string][]string{
	"Code":             codeMembers,
	"Environment":      {"Variables"},
	"VpcConfig":        {"SubnetIds", "SecurityGroupIds", "Ipv6AllowedForDualStack"},
	"DeadLetterConfig": {"TargetArn"},
	"TracingConfig":    {"Mode"},
	"EphemeralStorage": {"Size"},
	"LoggingConfig":    {"LogFormat", "ApplicationLogLevel", "SystemLogLevel", "LogGroup"},
	"SnapStart":        {"ApplyOn"},
}

const (
	maxMembers = 64   // of a structure
	maxNamed   = 2048 // variables: as many as 4 KB could have
)

// understand takes the body of a call apart: what it says, the code in it, and its tags. All but the code is small.
func (c *call) understand() error {
	if len(bytes.TrimSpace(c.body)) == 0 || len(c.operation.Members) == 0 {
		return nil
	}
	if !json.Valid(c.body) {
		return errNotJSON
	}
	request, err := members(c.body, maxMembers, c.operation.Members)
	if err != nil {
		return err
	}
	c.body = nil // it may be large, and is as soon as the code has been read
	parts := request
	if inner, ok := request["Code"]; ok {
		if parts, err = members(inner, maxMembers, codeMembers); err != nil {
			return err
		}
	}
	c.code, c.parts, c.request = parts["ZipFile"], parts, request
	delete(parts, "ZipFile")
	delete(request, "Code")
	if err := small(request, parts); err != nil {
		return err
	}
	return c.structured()
}

// small refuses requests in which more than the code is large.
func small(all ...map[string]json.RawMessage) error {
	size := 0
	for _, request := range all {
		for _, value := range request {
			size += len(value)
		}
	}
	if size > maxRequest {
		return tooLarge("Request without its code", maxRequest)
	}
	return nil
}

// structured looks into the members that are structures or have free names.
func (c *call) structured() error {
	for name, known := range structures {
		inner, err := members(c.request[name], maxMembers, known)
		if err == nil && name == "Environment" {
			_, err = members(inner["Variables"], maxNamed, nil)
		}
		if err != nil {
			return err
		}
	}
	tags, err := members(c.request["Tags"], maxTags, nil)
	if err != nil || tags == nil {
		return err
	}
	c.tags = make(map[string]string, len(tags))
	for name, value := range tags {
		var text string
		if json.Unmarshal(value, &text) != nil {
			return errNotJSON
		}
		c.tags[name] = text
	}
	return nil
}

// say reads what the call says into a value with the names of the reference.
func (c *call) say(to any) error {
	text, err := json.Marshal(c.request)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		return errNotJSON
	}
	return nil
}

// members are those of a JSON object that say something, and parts of its text. There may be so many of them at most, none twice, and
// none but the known ones, if those are told. The text is valid JSON, or there is none.
func members(text json.RawMessage, most int, known []string) (map[string]json.RawMessage, error) {
	if len(text) == 0 {
		return nil, nil
	}
	s := &splitter{text: bytes.TrimSpace(text)}
	if s.text[0] != '{' {
		return nil, errNotJSON
	}
	found := map[string]json.RawMessage{}
	for s.at = 1; s.more(); {
		name, value := s.member()
		switch _, twice := found[name]; {
		case twice:
			return nil, invalid("The member %.128q comes twice", name)
		case known != nil && !slices.Contains(known, name):
			return nil, invalid("%.128q is not a member that Gangway knows of this request: names are told by their case", name)
		case len(found) == most:
			return nil, invalid("There are more than %d members", most)
		}
		found[name] = value
	}
	maps.DeleteFunc(found, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	return found, nil
}

// A splitter goes through the text of a JSON object, which is valid.
type splitter struct {
	text []byte
	at   int
}

const between = " \t\r\n,:"

// skip goes on to what is none of these bytes.
func (s *splitter) skip(these string) {
	for s.at < len(s.text) && strings.IndexByte(these, s.text[s.at]) >= 0 {
		s.at++
	}
}

// more goes on to the next member, if there is one.
func (s *splitter) more() bool {
	s.skip(between)
	return s.at < len(s.text) && s.text[s.at] != '}'
}

func (s *splitter) member() (name string, value json.RawMessage) {
	_ = json.Unmarshal(s.value(), &name) // it is a string
	s.skip(between)
	return name, s.value()
}

// value goes past a value.
func (s *splitter) value() json.RawMessage {
	begin, depth := s.at, 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			s.quoted()
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			depth--
			s.at++
		default:
			s.at++
		}
		if depth == 0 && s.ended(begin) {
			break
		}
	}
	return s.text[begin:s.at:s.at]
}

// ended says whether a value that began there is over: a word or a number is, where something else begins.
func (s *splitter) ended(begin int) bool {
	return strings.IndexByte(`"{[`, s.text[begin]) >= 0 || s.at == len(s.text) || strings.IndexByte(between+"}]", s.text[s.at]) >= 0
}

// quoted goes past a string. There is no end of one that does not follow a quotation mark or a backslash.
func (s *splitter) quoted() {
	for s.at++; s.at < len(s.text); s.at++ {
		next := bytes.IndexAny(s.text[s.at:], `"\`)
		if next < 0 {
			s.at = len(s.text)
			return
		}
		s.at += next
		if s.text[s.at] == '"' {
			s.at++
			return
		}
		s.at++ // what is escaped
	}
}
