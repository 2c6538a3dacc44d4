package dashboards_test

import (
	"io/fs"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/uptake-telemetry/uptake/dashboards"
)

type dataSourceFile struct {
	APIVersion  int `yaml:"apiVersion"`
	Datasources []struct {
		Name, UID, Type, Access string
		Editable                bool
		JSONData                struct {
			Host, Protocol, Username string
			Port                     int
			Secure                   bool
			DefaultDatabase          string `yaml:"defaultDatabase"`
			DialTimeout              string `yaml:"dialTimeout"`
			QueryTimeout             string `yaml:"queryTimeout"`
			ValidateSQL              bool   `yaml:"validateSql"`
		} `yaml:"jsonData"`
		SecureJSONData struct {
			Password string
		} `yaml:"secureJsonData"`
	}
}

type providerFile struct {
	APIVersion int `yaml:"apiVersion"`
	Providers  []struct {
		Name, Type, Folder    string
		OrgID                 int    `yaml:"orgId"`
		FolderUID             string `yaml:"folderUid"`
		DisableDeletion       bool   `yaml:"disableDeletion"`
		AllowUIUpdates        bool   `yaml:"allowUiUpdates"`
		UpdateIntervalSeconds int    `yaml:"updateIntervalSeconds"`
		Options               struct {
			Path                      string
			FoldersFromFilesStructure bool `yaml:"foldersFromFilesStructure"`
		}
	}
}

func strictYAML(t *testing.T, name string, into any) {
	t.Helper()
	body, err := fs.ReadFile(dashboards.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(body, into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestProvisioning(t *testing.T) {
	var sources dataSourceFile
	strictYAML(t, "provisioning/datasources/uptake.yaml", &sources)
	if sources.APIVersion != 1 || len(sources.Datasources) != 1 {
		t.Fatalf("%+v", sources)
	}
	if s := sources.Datasources[0]; s.UID != source.UID || s.Type != source.Type || s.JSONData.DefaultDatabase != "uptake" {
		t.Errorf("%+v", s)
	}
	// A secret belongs into the environment.
	if p := sources.Datasources[0].SecureJSONData.Password; p != "$UPTAKE_CLICKHOUSE_PASSWORD" {
		t.Error("a password is written in the file")
	}
	var providers providerFile
	strictYAML(t, "provisioning/dashboards/uptake.yaml", &providers)
	if providers.APIVersion != 1 || len(providers.Providers) != 1 || providers.Providers[0].Type != "file" || providers.Providers[0].FolderUID == "" {
		t.Errorf("%+v", providers)
	}
}
