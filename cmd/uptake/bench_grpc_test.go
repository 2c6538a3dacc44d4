package main

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	rpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	rpcstatus "google.golang.org/grpc/status"
)

// BenchmarkCollectGRPC measures the CPU time of `uptake collect` over gRPC,
// against the same over HTTP, as BenchmarkCollect does.
func BenchmarkCollectGRPC(b *testing.B) {
	for _, l := range loads {
		if l.path != "/v1/logs" {
			continue
		}
		b.Run(l.name, func(b *testing.B) {
			bodies := l.bodies()
			overGRPC, overHTTP, peak := time.Hour, time.Hour, 0.0
			for b.Loop() {
				cpu, mib := l.call(b, bodies)
				overGRPC, peak = min(overGRPC, cpu), max(peak, mib)
				cpu, _ = l.collect(b, bodies)
				overHTTP = min(overHTTP, cpu)
			}
			perMillion := 1e6 / float64(l.records)
			b.ReportMetric(0, "ns/op") // says nothing
			b.ReportMetric(peak, "MiB")
			b.ReportMetric(overGRPC.Seconds()*perMillion, "cpu-s/M")
			b.ReportMetric(overHTTP.Seconds()*perMillion, "http-cpu-s/M")
			b.ReportMetric(overGRPC.Seconds()/overHTTP.Seconds(), "x-http")
		})
	}
}

// call sends everything over gRPC.
func (l load) call(b *testing.B, bodies [][]byte) (cpu time.Duration, peakMiB float64) {
	c := startBenchCollector(b)
	defer c.stop()
	return c.took(b, func() {
		spread(bodies, func(bodies <-chan []byte) {
			if err := c.export(b, bodies); err != nil {
				b.Error(err)
			}
		})
	})
}

// export sends the bodies on a connection of its own.
func (c *benchCollector) export(b *testing.B, bodies <-chan []byte) error {
	conn, err := grpc.NewClient(c.OTLPGRPC, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx := metadata.AppendToOutgoingContext(b.Context(), "authorization", "Bearer "+c.token)
	for body := range bodies {
		err := conn.Invoke(ctx, exportLogs, body, new([]byte))
		for rpcstatus.Code(err) == rpccodes.Unavailable {
			err = conn.Invoke(ctx, exportLogs, body, new([]byte))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const exportLogs = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

// rawCodec hands bytes to gRPC's own client as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) ([]byte, error) { return v.([]byte), nil }

func (rawCodec) Unmarshal(b []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), b...)
	return nil
}
