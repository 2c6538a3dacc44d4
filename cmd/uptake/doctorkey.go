package main

import (
	"context"
	"os"
	"time"
)

// agreedKeyAge is after what time works agreements want pseudonyms to begin anew.
const agreedKeyAge = 26 * 7 * 24 * time.Hour

// examineKey looks at the age of the identity key.
func (e *examination) examineKey(context.Context) {
	age, old := e.config.keyIsOld(e.now)
	if old {
		e.found.add(severityWarn, "identity", "the identity key is older than a works agreement asks for", span(age)+" old",
			"make a new one, best on a Thursday after 12:00 UTC: uptake identity rotate --yes")
	}
}

// keyIsOld tells whether the key is older than is agreed, where something is.
func (c Config) keyIsOld(now time.Time) (age time.Duration, old bool) {
	info, err := os.Stat(c.Identity.KeyFile)
	if err != nil || !c.Adoption.Publish.WorksAgreement {
		return 0, false
	}
	age = now.Sub(info.ModTime())
	return age, age > agreedKeyAge
}
