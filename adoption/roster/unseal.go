package roster

// Open decrypts what a row of scim_resource holds, for the person whom it is about.
func (s *Sealer) Open(id, sealed string) ([]byte, error) { return s.open(id, sealed) }
