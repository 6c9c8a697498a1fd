package control

import (
	"encoding/xml"
	"net/http"
	"net/url"

	"gangway/internal/gateway"
)

// identityAnswer is what GetCallerIdentity of the Security Token Service (2011-06-15) answers with.
type identityAnswer struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

// identityFault is an error of the Security Token Service.
type identityFault struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// identityCodes are the names that the Security Token Service has for errors: "Common Error Types" in its API reference.
var identityCodes = map[string]string{
	"BadRequestException": "InvalidAction", "AccessDeniedException": "AccessDenied",
	"InternalServerErrorException": "InternalFailure", "ServiceUnavailableException": "ServiceUnavailable",
	"InvalidSignatureException": "SignatureDoesNotMatch", "UnrecognizedClientException": "InvalidClientTokenId",
	"MissingAuthenticationTokenException": "MissingAuthenticationToken", "IncompleteSignatureException": "IncompleteSignature",
	"ExpiredTokenException": "ExpiredToken",
}

// answerIdentity serves GetCallerIdentity, by which tools such as Terraform find out on whose behalf they work. Nobody
// needs a permission for it, as on AWS. It is all of the Security Token Service that is served.
func (s *Server) answerIdentity(w http.ResponseWriter, r *http.Request, requestID string) {
	var answer any
	status := http.StatusOK
	caller, body, err := s.authenticate(w, r, s.tokens)
	if err == nil {
		err = wantIdentity(body)
	}
	if err == nil {
		answer = identityAnswer{ARN: caller.ARN, UserID: caller.UserID, Account: s.Names.Account, RequestID: requestID}
	} else {
		fault := identityFault{Type: "Sender", RequestID: requestID}
		status, fault.Code, fault.Message = render(err)
		if code := identityCodes[fault.Code]; code != "" {
			fault.Code = code
		}
		answer = fault
	}
	text, err := xml.Marshal(answer)
	if err != nil {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that has left misses its answer
}

// wantIdentity says whether a request is for GetCallerIdentity.
func wantIdentity(body []byte) error {
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") != "GetCallerIdentity" {
		return gateway.Errorf(gateway.ErrInvalid, "Of the Security Token Service only GetCallerIdentity is served, got '%s'", form.Get("Action"))
	}
	return nil
}
