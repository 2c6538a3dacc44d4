package roster

import "github.com/prometheus/client_golang/prometheus"

type directoryMetrics struct {
	stored, inserts, compiled prometheus.Counter
	resources                 *prometheus.GaugeVec
}

func newDirectoryMetrics(registerer prometheus.Registerer) directoryMetrics {
	m := directoryMetrics{
		stored:    prometheus.NewCounter(prometheus.CounterOpts{Name: "uptake_scim_changes_stored_total", Help: "Changes of users and groups that were stored."}),
		inserts:   prometheus.NewCounter(prometheus.CounterOpts{Name: "uptake_scim_inserts_total", Help: "Inserts in which those changes were stored."}),
		compiled:  prometheus.NewCounter(prometheus.CounterOpts{Name: "uptake_scim_rosters_total", Help: "How often what was sent was put in force."}),
		resources: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "uptake_scim_resources", Help: "Users and groups, when they were last put in force."}, []string{"kind"}),
	}
	if registerer != nil {
		registerer.MustRegister(m.stored, m.inserts, m.compiled, m.resources)
	}
	return m
}
