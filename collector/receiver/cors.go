package receiver

import (
	"net/http"
	"strings"
)

// isExtension says whether an origin is that of a browser extension. Pages
// cannot have such an origin, whatever they are called.
func isExtension(origin string) bool {
	scheme, id, _ := strings.Cut(origin, "://")
	return (scheme == "chrome-extension" || scheme == "moz-extension") && id != "" && !strings.ContainsAny(id, "/?#@ ")
}

// cors lets browser extensions read the answer, and nobody else, and never with
// credentials. It returns true when it has answered a preflight.
func (t *route) cors(w http.ResponseWriter, r *http.Request, extension bool) bool {
	h := w.Header()
	h.Add("Vary", "Origin")
	if extension {
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Expose-Headers", "Retry-After")
	}
	preflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
	if !preflight {
		return false
	}
	if !extension {
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	h.Set("Access-Control-Allow-Headers", "authorization, content-type")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
