package trial

import "net/http"

// An Answer is what a backend is to answer, in JSON: a body, or the result of a function.
type Answer struct {
	Status  int // 0: 200
	Headers map[string]Values
	Body    string
}

// Check fills in what is not said, and refuses what no backend answers.
func (a *Answer) Check() error {
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.Status < 200 || a.Status > 599 {
		return wrong("reply", "status: expected 200 to 599, got %d", a.Status)
	}
	return nil
}

func (a *Answer) header() http.Header {
	header := http.Header{}
	for name, values := range a.Headers {
		for _, value := range values {
			header.Add(name, value)
		}
	}
	return header
}
