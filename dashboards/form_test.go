package dashboards_test

import "encoding/json"

// The classic form of a dashboard, as far as ours use it. Decoding is strict: a
// name that is not here is a typing error, or belongs here first.

type dashboard struct {
	UID                  string   `json:"uid"`
	Title                string   `json:"title"`
	Description          string   `json:"description"`
	Tags                 []string `json:"tags"`
	SchemaVersion        int      `json:"schemaVersion"`
	Version              int      `json:"version"`
	Editable             bool     `json:"editable"`
	GraphTooltip         int      `json:"graphTooltip"`
	LiveNow              bool     `json:"liveNow"`
	Preload              bool     `json:"preload"`
	Timezone             string   `json:"timezone"`
	WeekStart            string   `json:"weekStart"`
	Refresh              string   `json:"refresh"`
	FiscalYearStartMonth int      `json:"fiscalYearStartMonth"`
	Time                 struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"time"`
	Timepicker  struct{}   `json:"timepicker"`
	Links       []struct{} `json:"links"`
	Annotations struct {
		List []struct{} `json:"list"`
	} `json:"annotations"`
	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type variable struct {
	Name        string      `json:"name"`
	Label       string      `json:"label"`
	Description string      `json:"description"`
	Type        string      `json:"type"`
	Datasource  *datasource `json:"datasource"`
	Query       string      `json:"query"`
	Definition  string      `json:"definition"`
	Current     struct {
		Text     string `json:"text"`
		Value    string `json:"value"`
		Selected bool   `json:"selected"`
	} `json:"current"`
	Options          []struct{} `json:"options"`
	Refresh          int        `json:"refresh"`
	Sort             int        `json:"sort"`
	Regex            string     `json:"regex"`
	Hide             int        `json:"hide"`
	IncludeAll       bool       `json:"includeAll"`
	Multi            bool       `json:"multi"`
	SkipURLSync      bool       `json:"skipUrlSync"`
	AllowCustomValue bool       `json:"allowCustomValue"`
}

type panel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	GridPos     struct {
		X int `json:"x"`
		Y int `json:"y"`
		W int `json:"w"`
		H int `json:"h"`
	} `json:"gridPos"`
	Datasource      *datasource     `json:"datasource"`
	Targets         []target        `json:"targets"`
	Options         json.RawMessage `json:"options"`
	FieldConfig     *fieldConfig    `json:"fieldConfig"`
	Transformations []struct {
		ID      string          `json:"id"`
		Options json.RawMessage `json:"options"`
	} `json:"transformations"`
	PluginVersion string `json:"pluginVersion"`
}

type target struct {
	RefID         string     `json:"refId"`
	Datasource    datasource `json:"datasource"`
	PluginVersion string     `json:"pluginVersion"`
	EditorType    string     `json:"editorType"`
	QueryType     string     `json:"queryType"`
	Format        int        `json:"format"`
	RawSQL        string     `json:"rawSql"`
	Meta          struct {
		Timezone string `json:"timezone"`
	} `json:"meta"`
}

type fieldConfig struct {
	Defaults  fieldDefaults `json:"defaults"`
	Overrides []override    `json:"overrides"`
}

type fieldDefaults struct {
	Unit       string          `json:"unit"`
	Decimals   *int            `json:"decimals"`
	Min        *float64        `json:"min"`
	Max        *float64        `json:"max"`
	NoValue    string          `json:"noValue"`
	Thresholds thresholds      `json:"thresholds"`
	Mappings   []struct{}      `json:"mappings"`
	Color      color           `json:"color"`
	Custom     json.RawMessage `json:"custom"`
}

type thresholds struct {
	Mode  string `json:"mode"`
	Steps []struct {
		Color string   `json:"color"`
		Value *float64 `json:"value"`
	} `json:"steps"`
}

type color struct {
	Mode       string `json:"mode"`
	FixedColor string `json:"fixedColor"`
}

type override struct {
	Matcher struct {
		ID      string `json:"id"`
		Options string `json:"options"`
	} `json:"matcher"`
	Properties []struct {
		ID    string          `json:"id"`
		Value json.RawMessage `json:"value"`
	} `json:"properties"`
}
