package integration

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// reply is what a function returns through an AWS_PROXY integration: "Output format of a Lambda function for proxy
// integration" in the API Gateway developer guide.
type reply struct {
	status  int
	body    []byte
	base64  bool
	single  http.Header
	several http.Header
}

// decodeReply reads a function's result. It is strict where encoding/json is not: names are compared as written, none may
// come twice, and none but the five may come at all, as on API Gateway.
func decodeReply(payload []byte) (*Response, error) {
	var r reply
	dec := json.NewDecoder(bytes.NewReader(payload))
	if err := members(dec, func(name string) error { return r.member(dec, name) }); err != nil {
		return nil, fmt.Errorf("the result is not a proxy response: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the result is not a proxy response: there is something behind it")
	}
	if r.status == 0 {
		return nil, errors.New("the result is not a proxy response: statusCode is missing")
	}
	if r.base64 {
		text := r.body
		r.body = make([]byte, base64.StdEncoding.DecodedLen(len(text)))
		n, err := base64.StdEncoding.Decode(r.body, text)
		if err != nil {
			return nil, fmt.Errorf("the body is not base64: %w", err)
		}
		r.body = r.body[:n]
	}
	return &Response{Status: r.status, Header: r.header(), Body: r.body}, nil
}

// header joins both maps; a name that is in both has the values of multiValueHeaders.
func (r *reply) header() http.Header {
	if r.several == nil {
		return r.single
	}
	for name, values := range r.single {
		if _, ok := r.several[name]; !ok {
			r.several[name] = values
		}
	}
	return r.several
}

// member reads the value of one member.
func (r *reply) member(dec *json.Decoder, name string) (err error) {
	switch name {
	case "statusCode":
		r.status, err = statusCode(dec)
	case "body":
		var body *string
		err = dec.Decode(&body)
		if body != nil {
			r.body = []byte(*body)
		}
	case "isBase64Encoded":
		err = dec.Decode(&r.base64)
	case "headers":
		r.single = http.Header{}
		err = members(dec, func(name string) error {
			var value json.RawMessage
			if err := dec.Decode(&value); err != nil {
				return err
			}
			return addScalar(r.single, name, value)
		})
	case "multiValueHeaders":
		r.several = http.Header{}
		err = members(dec, func(name string) error {
			var values []json.RawMessage
			if err := dec.Decode(&values); err != nil {
				return err
			}
			for _, value := range values {
				if err := addScalar(r.several, name, value); err != nil {
					return err
				}
			}
			return nil
		})
	default:
		return errors.New("a member that is not one of statusCode, headers, multiValueHeaders, body, isBase64Encoded")
	}
	return err
}

// members reads an object, and calls read where the value of a member begins. A null in place of a member's object, though
// not of the result, is an empty one.
func members(dec *json.Decoder, read func(name string) error) error {
	start := dec.InputOffset()
	token, err := dec.Token()
	if token == nil && err == nil && start > 0 {
		return nil
	}
	if err != nil || token != json.Delim('{') {
		return errors.New("expected an object")
	}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok || seen[name] {
			return fmt.Errorf("the member %q comes twice", name)
		}
		seen[name] = true
		if err := read(name); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	_, err = dec.Token()
	return err
}

// statusCode reads an integer, or a text that is one: API Gateway takes both.
func statusCode(dec *json.Decoder) (int, error) {
	var value json.RawMessage
	if err := dec.Decode(&value); err != nil {
		return 0, err
	}
	digits := string(value)
	if value[0] == '"' {
		if err := json.Unmarshal(value, &digits); err != nil {
			return 0, err
		}
	}
	return parseStatus(digits)
}

// parseStatus reads the status of a final response.
func parseStatus(digits string) (int, error) {
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n < 200 || n > 599 {
		return 0, errors.New("expected an integer from 200 to 599")
	}
	return int(n), nil
}

// addScalar adds the value of a header field, which need not be a text. A null is no value.
func addScalar(h http.Header, name string, value json.RawMessage) error {
	text := string(value)
	switch value[0] {
	case '{', '[':
		return errors.New("expected a text")
	case 'n':
		return nil
	case '"':
		if err := json.Unmarshal(value, &text); err != nil {
			return err
		}
	}
	h.Add(name, text)
	return nil
}
