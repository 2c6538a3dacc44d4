package demo

import "time"

// chat is a sitting with an assistant: prompts as the extension sees them. Of the
// Microsoft sites it sees only that somebody connected; their prompts come from
// what the desktop and office programs report.
func (d *day) chat(acts int) {
	surface := "web"
	switch d.tool {
	case "copilot-web":
		d.handshake()
		surface = "desktop"
	case "m365-copilot":
		d.handshake()
		surface = "office"
	}
	for range acts {
		done := true
		e := event{
			Tool: d.tool, Surface: surface, Session: d.session, Action: "prompt", Success: &done,
			DurationMS: uint64(2000 + d.random.IntN(28_000)),
		}
		// Now and then the account is not seen and only the machine speaks for the person.
		if d.random.IntN(50) == 0 {
			e.Device = d.member.device
		}
		d.add(e, 4*time.Minute)
	}
}

func (d *day) handshake() {
	d.add(event{Tool: d.tool, Surface: "web", Session: d.session, Action: "session"}, 10*time.Second)
}
