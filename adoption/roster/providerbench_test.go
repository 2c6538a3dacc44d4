package roster_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/roster"
)

// BenchmarkPeopleSentOneByOne sends a hundred thousand people, or UPTAKE_BENCH,
// one POST each over eight connections.
func BenchmarkPeopleSentOneByOne(b *testing.B) {
	people, connections := int64(100_000), 8
	if n, err := strconv.ParseInt(os.Getenv("UPTAKE_BENCH"), 10, 64); err == nil && n > 1 {
		people = n
	}
	for b.Loop() {
		p := startProvider(b, tables(b), roster.DefaultMapping())
		p.server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = connections
		begun := time.Now()
		var next atomic.Int64
		var senders sync.WaitGroup
		for range connections {
			senders.Go(func() {
				for n := next.Add(1); n <= people; n = next.Add(1) {
					p.made("/Users", oktaUser(fmt.Sprintf("person%06d@example.com", n), "Senior Copywriter", true))
				}
			})
		}
		senders.Wait()
		b.ReportMetric(time.Since(begun).Seconds(), "s/sent")
		b.ReportMetric(p.counted("uptake_scim_changes_stored_total")/p.counted("uptake_scim_inserts_total"), "rows/insert")
		begun = time.Now()
		if err := p.directory.Compile(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(begun).Seconds(), "s/in-force")
		if n := count(b, p.conn, "(SELECT uniqExact(person) FROM roster)"); n != uint64(people) {
			b.Fatalf("%d people are in force", n)
		}
	}
}
