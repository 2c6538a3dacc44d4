// Package dashboards holds what Grafana needs to show Uptake: dashboards in the
// classic JSON form and the files that provision them with their data source.
// README.md beside it says how to use them.
//
// It promises that every query reads published tables only, names columns that
// exist and runs on the engine; that what is suppressed, unknown or blunted is
// shown as such and never as zero; and that only a few plain kinds of panels and
// transformations are used, so that a dashboard can be drawn without Grafana.
// Tests hold all of it.
package dashboards

import (
	"embed"
	"io/fs"
)

//go:embed *.json provisioning
var files embed.FS

// Files gives the dashboards (*.json) at the top and Grafana's provisioning
// files under provisioning/, laid out as Grafana expects them.
func Files() fs.FS { return files }
