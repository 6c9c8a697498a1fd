package cli

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"

	"gangway/internal/control"
)

// The Security Token Service speaks another dialect: forms and XML.

const identityService = "sts"

// identityOperation says who calls. It is the one operation that the table of the control plane has no row for.
var identityOperation = control.Operation{
	Name: "GetCallerIdentity", Method: http.MethodPost, Path: "/", Status: http.StatusOK, Service: identityService,
}

func identityForm() (contentType string, body []byte) {
	return "application/x-www-form-urlencoded", []byte("Action=GetCallerIdentity&Version=2011-06-15")
}

// identityJSON is the answer as the AWS CLI prints it.
func identityJSON(answer []byte) ([]byte, error) {
	var who struct {
		UserID  string `xml:"GetCallerIdentityResult>UserId" json:"UserId"`
		Account string `xml:"GetCallerIdentityResult>Account"`
		ARN     string `xml:"GetCallerIdentityResult>Arn" json:"Arn"`
	}
	if err := xml.Unmarshal(answer, &who); err != nil {
		return nil, fmt.Errorf("control plane: GetCallerIdentity: %w", err)
	}
	return json.Marshal(who)
}

// identityFault is the code and the message of an error answer in XML; empty if it is none.
func identityFault(answer []byte) (code, message string) {
	var fault struct {
		Code    string `xml:"Error>Code"`
		Message string `xml:"Error>Message"`
	}
	if xml.Unmarshal(answer, &fault) != nil {
		return "", ""
	}
	return fault.Code, fault.Message
}
