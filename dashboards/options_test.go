package dashboards_test

// Options and field settings of the panel types that are used.

type reduceOptions struct {
	Values bool     `json:"values"`
	Calcs  []string `json:"calcs"`
	Fields string   `json:"fields"`
}

type legend struct {
	Calcs       []string `json:"calcs"`
	DisplayMode string   `json:"displayMode"`
	Placement   string   `json:"placement"`
	ShowLegend  bool     `json:"showLegend"`
}

type statOptions struct {
	ReduceOptions          reduceOptions `json:"reduceOptions"`
	Orientation            string        `json:"orientation"`
	TextMode               string        `json:"textMode"`
	WideLayout             bool          `json:"wideLayout"`
	ColorMode              string        `json:"colorMode"`
	GraphMode              string        `json:"graphMode"`
	JustifyMode            string        `json:"justifyMode"`
	ShowPercentChange      bool          `json:"showPercentChange"`
	PercentChangeColorMode string        `json:"percentChangeColorMode"`
}

type barGaugeOptions struct {
	ReduceOptions reduceOptions `json:"reduceOptions"`
	Orientation   string        `json:"orientation"`
	DisplayMode   string        `json:"displayMode"`
	ValueMode     string        `json:"valueMode"`
	NamePlacement string        `json:"namePlacement"`
	ShowUnfilled  bool          `json:"showUnfilled"`
	Sizing        string        `json:"sizing"`
	MinVizWidth   int           `json:"minVizWidth"`
	MinVizHeight  int           `json:"minVizHeight"`
	MaxVizHeight  int           `json:"maxVizHeight"`
	Legend        legend        `json:"legend"`
}

type tableOptions struct {
	ShowHeader bool   `json:"showHeader"`
	CellHeight string `json:"cellHeight"`
	Footer     struct {
		Show      bool     `json:"show"`
		Reducer   []string `json:"reducer"`
		CountRows bool     `json:"countRows"`
		Fields    string   `json:"fields"`
	} `json:"footer"`
	SortBy []struct {
		DisplayName string `json:"displayName"`
		Desc        bool   `json:"desc"`
	} `json:"sortBy"`
}

type timeSeriesOptions struct {
	Legend  legend `json:"legend"`
	Tooltip struct {
		Mode      string `json:"mode"`
		Sort      string `json:"sort"`
		HideZeros bool   `json:"hideZeros"`
	} `json:"tooltip"`
}

type textOptions struct {
	Mode    string `json:"mode"`
	Content string `json:"content"`
	Code    struct {
		Language        string `json:"language"`
		ShowLineNumbers bool   `json:"showLineNumbers"`
		ShowMiniMap     bool   `json:"showMiniMap"`
	} `json:"code"`
}

type cellOptions struct {
	Type             string `json:"type"`
	Mode             string `json:"mode"`
	ValueDisplayMode string `json:"valueDisplayMode"`
}

type tableCustom struct {
	Align       string      `json:"align"`
	CellOptions cellOptions `json:"cellOptions"`
	Inspect     bool        `json:"inspect"`
	Filterable  bool        `json:"filterable"`
}

type hideFrom struct {
	Tooltip bool `json:"tooltip"`
	Viz     bool `json:"viz"`
	Legend  bool `json:"legend"`
}

type lineStyle struct {
	Fill string    `json:"fill"`
	Dash []float64 `json:"dash"`
}

type timeSeriesCustom struct {
	DrawStyle         string  `json:"drawStyle"`
	LineInterpolation string  `json:"lineInterpolation"`
	LineWidth         int     `json:"lineWidth"`
	FillOpacity       int     `json:"fillOpacity"`
	GradientMode      string  `json:"gradientMode"`
	SpanNulls         bool    `json:"spanNulls"`
	InsertNulls       bool    `json:"insertNulls"`
	ShowPoints        string  `json:"showPoints"`
	PointSize         int     `json:"pointSize"`
	AxisPlacement     string  `json:"axisPlacement"`
	AxisLabel         string  `json:"axisLabel"`
	AxisColorMode     string  `json:"axisColorMode"`
	AxisBorderShow    bool    `json:"axisBorderShow"`
	AxisCenteredZero  bool    `json:"axisCenteredZero"`
	BarAlignment      int     `json:"barAlignment"`
	BarWidthFactor    float64 `json:"barWidthFactor"`
	Stacking          struct {
		Group string `json:"group"`
		Mode  string `json:"mode"`
	} `json:"stacking"`
	ScaleDistribution struct {
		Type string `json:"type"`
	} `json:"scaleDistribution"`
	HideFrom        hideFrom `json:"hideFrom"`
	ThresholdsStyle struct {
		Mode string `json:"mode"`
	} `json:"thresholdsStyle"`
}

// panelForms gives, per type, fresh targets for the options and the custom field
// settings; nil for a type without them.
var panelForms = map[string]func() (options, custom any){
	"stat":       func() (any, any) { return new(statOptions), nil },
	"bargauge":   func() (any, any) { return new(barGaugeOptions), nil },
	"table":      func() (any, any) { return new(tableOptions), new(tableCustom) },
	"timeseries": func() (any, any) { return new(timeSeriesOptions), new(timeSeriesCustom) },
	"text":       func() (any, any) { return new(textOptions), nil },
}

// overrideForms gives a fresh target for the value of each overridable property.
var overrideForms = map[string]func() any{
	"unit":               func() any { return new(string) },
	"decimals":           func() any { return new(int) },
	"min":                func() any { return new(float64) },
	"max":                func() any { return new(float64) },
	"color":              func() any { return new(color) },
	"thresholds":         func() any { return new(thresholds) },
	"custom.width":       func() any { return new(int) },
	"custom.align":       func() any { return new(string) },
	"custom.cellOptions": func() any { return new(cellOptions) },
	"custom.lineStyle":   func() any { return new(lineStyle) },
	"custom.hideFrom":    func() any { return new(hideFrom) },
}
