package receiver

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	duration           *prometheus.HistogramVec
	bytes              prometheus.Counter
	inFlight           prometheus.GaugeFunc
	connectionsRefused prometheus.Counter
	panics             prometheus.Counter
	own                prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer, b *budget) (*metrics, error) {
	m := &metrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "uptake_collector_request_duration_seconds",
			Help:    "Time from a request's headers to its answer, the wait for the disk included.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"endpoint", "status"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_collector_received_bytes_total",
			Help: "Bytes of request bodies as they came over the wire.",
		}),
		inFlight: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "uptake_collector_in_flight_bytes",
			Help: "Memory that the bodies of requests under way take.",
		}, func() float64 { return float64(b.used.Load()) }),
		connectionsRefused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_collector_connections_refused_total",
			Help: "Connections that were closed at once because of a bound on their number.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_collector_decoder_failures_total",
			Help: "Requests on which a decoder failed by a fault of ours.",
		}),
		own: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_collector_own_telemetry_requests_total",
			Help: "Requests that carried telemetry of a collector; its records are ignored and its taking is not traced.",
		}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.duration, m.bytes, m.inFlight, m.connectionsRefused, m.panics, m.own} {
		if err := registerer.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// statuses are all that are answered, so that labels come from a fixed set.
var statuses = func() map[int]string {
	known := map[int]string{}
	for _, status := range []int{
		http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed,
		http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
	} {
		known[status] = strconv.Itoa(status)
	}
	return known
}()

func (m *metrics) observe(endpoint string, status int, took time.Duration) {
	m.duration.WithLabelValues(endpoint, statuses[status]).Observe(took.Seconds())
}
