package otlp

import "github.com/uptake-telemetry/uptake/schema/tools"

// data is one kind of data of a metric as it stands in the body.
type data struct {
	raw     []byte
	counter bool
	number  bool
}

// metric keeps the data until the name is known, which says whether it is read.
func (j *jsonDecoder) metric() error {
	metric := ""
	var kept data
	err := j.object(func(name string) (err error) {
		switch name {
		case "name":
			metric, err = j.string()
			return err
		case "sum":
			kept = data{counter: true, number: true}
		case "gauge":
			kept = data{number: true}
		case "histogram", "exponentialHistogram":
			kept = data{counter: true}
		case "summary":
			kept = data{}
		default:
			return j.skip()
		}
		kept.raw, err = j.value()
		return err
	})
	if err != nil || kept.raw == nil {
		return err
	}
	return j.later(kept.raw).points(metric, &kept)
}

// points reads a metric's data; its points are kept until the temporality is
// known, behind which clients of some languages write them.
func (j *jsonDecoder) points(metric string, kept *data) error {
	temporality, monotonic := uint64(0), !kept.number
	var points []byte
	err := j.object(func(name string) (err error) {
		switch name {
		case "aggregationTemporality":
			temporality, err = j.temporality()
		case "isMonotonic":
			monotonic, err = j.truth()
		case "dataPoints":
			points, err = j.value()
		default:
			err = j.skip()
		}
		return err
	})
	if err != nil || points == nil {
		return err
	}
	j.beginMetric(metric)
	l := j.later(points)
	return l.array(func() error {
		if l.rec.Tool == nil {
			l.unknown(1)
			return l.skip()
		}
		l.rec.Reset()
		l.rec.Name = metric
		l.rec.Temporality = temporalityOf(temporality, kept.counter)
		l.rec.Monotonic = monotonic && kept.counter
		return l.point()
	})
}

// temporality reads the enumeration by number or by name.
func (j *jsonDecoder) temporality() (uint64, error) {
	word, err := j.number()
	switch word {
	case "1", "AGGREGATION_TEMPORALITY_DELTA":
		return 1, err
	case "2", "AGGREGATION_TEMPORALITY_CUMULATIVE":
		return 2, err
	default:
		return 0, err
	}
}

func (j *jsonDecoder) point() error {
	rec := j.rec
	fingerprinted := rec.Tool.ReadsMetric(rec.Name)
	err := j.object(func(name string) (err error) {
		switch name {
		case "startTimeUnixNano":
			rec.Start, err = j.time()
		case "timeUnixNano":
			rec.Time, err = j.time()
		case "attributes":
			err = j.attributes(fingerprinted)
		case "asDouble", "sum":
			rec.Value, rec.HasValue, err = j.double()
		case "count":
			rec.Count, err = j.time()
		case "asInt":
			err = j.intPoint(rec)
		default:
			err = j.skip()
		}
		return err
	})
	if err == nil {
		j.sink.Telemetry(rec)
	}
	return err
}

func (j *jsonDecoder) intPoint(rec *tools.Record) error {
	n, ok, err := j.integer()
	rec.Value, rec.HasValue = float64(n), ok
	return err
}
