package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	rpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	rpcstatus "google.golang.org/grpc/status"
)

func TestUp(t *testing.T) {
	dir := t.TempDir()
	s := startUp(t, dir)
	t.Run("says where everything is, with absolute paths and closed secrets", func(t *testing.T) {
		for _, file := range []string{s.KafkaPasswordFile, s.ClickHousePasswordFile, s.IngestTokenFile, s.ReadTokenFile, s.dashboardsPasswordFile()} {
			info, err := os.Stat(file)
			if err != nil || !filepath.IsAbs(file) || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, mode %v", file, err, info.Mode())
			}
		}
		for _, ready := range []string{s.OTLPHTTP + "/readyz", strings.Replace(s.Metrics, "/metrics", "/readyz", 1), s.OTLPHTTP + "/healthz"} {
			if response, err := http.Get(ready); err != nil || response.StatusCode != http.StatusOK {
				t.Errorf("%s: %v %v", ready, response, err)
			}
		}
	})
	t.Run("takes calls of gRPC where run.json says", func(t *testing.T) {
		conn, err := grpc.NewClient(s.OTLPGRPC, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for token, want := range map[string]rpccodes.Code{"wrong": rpccodes.Unauthenticated, secretOf(t, s.IngestTokenFile): rpccodes.OK} {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
			if err := conn.Invoke(ctx, exportLogs, otlpBody(0, 1), new([]byte)); rpcstatus.Code(err) != want {
				t.Errorf("%v, want %v", err, want)
			}
		}
	})
	t.Run("a second one on the folder is refused and names the first", func(t *testing.T) {
		second := startProcess(t, "up", "--data", dir, "--auto-ports")
		<-second.done
		if code := second.cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(second.logText(), "process ") {
			t.Errorf("status %d: %s", code, second.logText())
		}
	})
	t.Run("dashboards read published tables and nothing else", func(t *testing.T) {
		c := s.runFile.apply(DefaultConfig())
		c.ClickHouse.Username, c.ClickHouse.PasswordFile = dashboardsUser, s.dashboardsPasswordFile()
		conn, err := c.ClickHouse.connect(c.ClickHouse.Database, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := query(t.Context(), conn, "SELECT count() FROM figure"); err != nil {
			t.Error(err)
		}
		for _, table := range []string{"event", "person_day", "roster", "figure_history"} {
			if _, err := query(t.Context(), conn, "SELECT count() FROM "+table); err == nil {
				t.Errorf("dashboards can read %s", table)
			}
		}
	})
	t.Run("the page and the API", func(t *testing.T) {
		if page := fetch(t, s.Web); !strings.Contains(page, "No week is published yet") {
			t.Errorf("page: %.300s", page)
		}
		for token, want := range map[string]int{
			"": http.StatusUnauthorized, "wrong": http.StatusUnauthorized,
			secretOf(t, s.IngestTokenFile): http.StatusForbidden, secretOf(t, s.ReadTokenFile): http.StatusOK,
		} {
			request, _ := http.NewRequest(http.MethodGet, s.Web+"/api/v1/figures", nil)
			request.Header.Set("Authorization", "Bearer "+token)
			response, err := http.DefaultClient.Do(request)
			if err != nil || response.StatusCode != want {
				t.Errorf("%v %v, want %d", response, err, want)
			}
		}
	})
	t.Run("the same ports again, and run.json goes with a clean stop", func(t *testing.T) {
		if status := s.stop(); status != exitDone {
			t.Errorf("status %d", status)
		}
		if _, err := os.Stat(filepath.Join(dir, "run.json")); err == nil {
			t.Error("run.json is still there")
		}
		again := startUp(t, dir)
		if again.OTLPHTTP != s.OTLPHTTP || again.OTLPGRPC != s.OTLPGRPC || again.ClickHouse != s.ClickHouse {
			t.Errorf("other ports: %s %s, were %s %s", again.OTLPHTTP, again.ClickHouse, s.OTLPHTTP, s.ClickHouse)
		}
	})
}

func (s *system) dashboardsPasswordFile() string {
	return filepath.Join(s.dir, "secrets", dashboardsPassword)
}

func TestAPortInUseIsNamed(t *testing.T) {
	taken, err := listen("test", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c := DefaultConfig()
	c.Data, c.Listen = t.TempDir(), freeListen()
	c.Listen.Web = taken.Addr().String()
	p := startProcess(t, "up", "--config", writeConfig(t, c))
	<-p.done
	if code := p.cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(p.logText(), "listen.web") {
		t.Errorf("status %d: %s", code, p.logText())
	}
}

func TestDemoTellsItsStory(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the demo company takes its time")
	}
	s := startUp(t, t.TempDir(), "--demo")
	week := s.query("SELECT max(period) AS week FROM figure WHERE grain = 'week' AND state = 'final'")[0]["week"].(string)
	rates := map[string]float64{}
	for _, row := range decodeRows(t, uptake(t, "figures", "--data", s.dir, "--metric", "adoption_rate", "--by", "seniority", "--tool", "any", "--period", week, "--format", "json")) {
		if value, shown := row["value"].(float64); shown {
			rates[row["dimensions"].(map[string]any)["seniority"].(string)] = value
		}
	}
	if executive, entry := rates["executive"], rates["entry"]; executive < 0.5 || entry < 0.3 || executive < entry+0.1 {
		t.Errorf("the gap does not show: %v", rates)
	}
}
