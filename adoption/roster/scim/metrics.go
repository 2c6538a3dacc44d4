package scim

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct{ requests *prometheus.CounterVec }

func newMetrics(registerer prometheus.Registerer) metrics {
	m := metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "uptake_scim_requests_total", Help: "Requests of identity providers, by resource, method and status.",
	}, []string{"resource", "method", "status"})}
	if registerer != nil {
		registerer.MustRegister(m.requests)
	}
	return m
}

// count counts a request. What it names is counted under a fixed word.
func (m metrics) count(endpoint, method string, status int) {
	switch endpoint {
	case "users", "groups":
	default:
		endpoint = "discovery"
	}
	switch method {
	case "GET", "POST", "PUT", "PATCH", "DELETE":
	default:
		method = "other"
	}
	m.requests.WithLabelValues(endpoint, method, strconv.Itoa(status)).Inc()
}
