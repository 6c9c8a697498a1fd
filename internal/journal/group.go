package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gangway/internal/gateway"
)

// kind is what the lines of a group are.
type kind uint8

const (
	accessLog kind = iota
	executionLog
	deliveryStream // an access log, too
)

// kindNames are also the names of folders.
var kindNames = [...]string{accessLog: "access", executionLog: "execution", deliveryStream: "firehose"}

// A group is where lines go: a log group, or a delivery stream. Several may have the same name.
type group struct {
	kind      kind
	name      string
	partition string
	region    string // empty: that of the gateway
	stage     gateway.StageKey
	style     style // of its lines

	lost int // lines since the last note; guarded by the journal's mutex

	// Of whoever writes:
	batch []block
}

// destination is the ARN of a delivery stream, or of a log group, which "CloudWatch Logs resources and operations" in the guide of
// CloudWatch Logs has with and without :* at its end; that of a log stream is taken for its group's. The region becomes a part
// of a host name.
var destination = regexp.MustCompile(`^arn:(aws[a-z-]*):(?:logs:([a-z0-9-]*):[^:]*:log-group:([A-Za-z0-9_./#-]{1,512})` +
	`(?::\*|:log-stream:[^:]{0,512})?|firehose:([a-z0-9-]*):[^:]*:deliverystream/([A-Za-z0-9_.-]{1,64}))$`)

var errDestination = errors.New("journal: an access log goes to a log group of CloudWatch Logs, " +
	"arn:aws:logs:{region}:{account}:log-group:{name}, or a delivery stream, arn:aws:firehose:{region}:{account}:deliverystream/{name}")

// CheckDestination says what is wrong with a destinationArn: the error of NewStage for it.
func CheckDestination(arn string) error {
	_, err := newAccess(arn, gateway.StageKey{})
	return err
}

// newAccess makes the group of a destinationArn.
func newAccess(arn string, stage gateway.StageKey) (*group, error) {
	match := destination.FindStringSubmatch(arn)
	if match == nil {
		return nil, errDestination
	}
	if match[3] != "" {
		return &group{partition: match[1], region: match[2], name: match[3], stage: stage}, nil
	}
	return &group{kind: deliveryStream, partition: match[1], region: match[4], name: match[5], stage: stage}, nil
}

// newExecution makes the group that API Gateway makes for the execution log of a WebSocket API.
func newExecution(stage gateway.StageKey) *group {
	return &group{
		kind: executionLog, partition: "aws", style: rawText, stage: stage,
		name: "/aws/apigateway/" + stage.API + "/" + stage.Stage,
	}
}

// note is the line that stands for lines that are missing, in the style of those around it.
func (g *group) note(n int) []byte {
	text := strconv.Itoa(n) + " lines were dropped"
	switch g.style {
	case jsonText:
		return []byte(`{"message":"` + text + "\"}\n")
	case xmlText:
		return []byte("<!-- " + text + " -->\n")
	case rawText, plainText:
	}
	return []byte(text + "\n")
}

// path is the name of the file for a group below the folder of logs.
func (g *group) path() string {
	if g.kind == executionLog {
		return kindNames[g.kind] + "/" + fileName(g.stage.API) + "/" + fileName(g.stage.Stage) + ".log"
	}
	return kindNames[g.kind] + "/" + fileName(g.name) + ".log"
}

// fileName makes one name of a file out of any text, of each text another. A slash becomes a plus sign.
func fileName(text string) string {
	const longest = 180
	var name strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case isNameByte(c), c == '-', c == '.' && i > 0:
			name.WriteByte(c)
		case c == '/':
			name.WriteByte('+')
		default:
			fmt.Fprintf(&name, "%%%02X", c)
		}
	}
	if name.Len() <= longest {
		return name.String()
	}
	sum := sha256.Sum256([]byte(text))
	return name.String()[:longest] + "~" + hex.EncodeToString(sum[:8])
}
