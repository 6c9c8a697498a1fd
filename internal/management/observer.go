package management

import (
	"net/http"
	"time"

	"gangway/internal/metrics"
)

// observer sees the status of an answer.
type observer struct {
	http.ResponseWriter

	call metrics.Call
}

// observe puts an observer before a writer, for one call.
func (d *door) observe(w http.ResponseWriter, call metrics.Call) *observer {
	o, ok := d.observers.Get().(*observer)
	if !ok {
		o = new(observer)
	}
	o.ResponseWriter, o.call = w, call
	return o
}

// tell ends the observation and says what there was to be seen.
func (d *door) tell(o *observer) {
	o.call.Latency = time.Since(o.call.Time)
	d.cfg.Observe(&o.call)
	*o = observer{}
	d.observers.Put(o)
}

// WriteHeader implements [http.ResponseWriter].
func (o *observer) WriteHeader(status int) {
	o.call.Status = status
	o.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (o *observer) Unwrap() http.ResponseWriter { return o.ResponseWriter }
