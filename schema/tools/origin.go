package tools

// Origin is where a record came from: what tells whose it is.
type Origin struct {
	Signal         Signal
	Service, Scope string
}
