package tools

// joinUnnamed makes the tool that stands in while a record is decoded of which
// neither service nor scope is known.
func (c *Catalogue) joinUnnamed() {
	c.unnamed = &Tool{reads: make([]uint64, len(c.slots)/64+1)}
	for _, m := range c.attributes {
		for word, bits := range m.tool.reads {
			c.unnamed.reads[word] |= bits
		}
	}
}

// Unnamed is the tool of records whose service and scope are not known. Settle
// says whose they are once their attributes are read.
func (c *Catalogue) Unnamed() *Tool { return c.unnamed }

// Settle gives a record of the unnamed tool its own, told by the attributes that
// it has; nil where they tell none. Of several tools the file read last wins,
// because conventions build on each other.
func (c *Catalogue) Settle(rec *Record) {
	if rec.Tool != c.unnamed {
		return
	}
	rec.Tool = nil
	for i := range c.attributes {
		if v := rec.Attributes.Get(c.attributes[i].slot); v.Kind != KindNone {
			rec.Tool = c.attributes[i].tool
		}
	}
}

// OfMetric returns the tool whose convention the metric's name follows, or nil.
func (c *Catalogue) OfMetric(name string) *Tool { return firstPrefix(c.metricPrefixes, name) }
