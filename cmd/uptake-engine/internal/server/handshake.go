package server

import (
	"fmt"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/chdb"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/native"
)

// greet reads the hello of a client and finds its user.
func (s *Server) greet(reader *native.Reader) (native.HelloPacket, User, error) {
	code, err := reader.Code()
	if err != nil {
		return native.HelloPacket{}, User{}, err
	}
	if code != native.Hello {
		return native.HelloPacket{}, User{}, fmt.Errorf("%w: code %d in place of a hello", native.ErrMalformed, code)
	}
	hello, err := reader.Hello()
	if err != nil {
		return hello, User{}, err
	}
	user, ok := s.Users.find(hello.User, hello.Password)
	if !ok || hello.User == native.Interserver {
		s.Logger.Warn("refused a client with a wrong user or password")
		return hello, User{}, &chdb.Error{
			Code:    chdb.CodeAuthentication,
			Message: "Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)",
		}
	}
	if hello.Revision < native.Revision {
		return hello, User{}, &chdb.Error{
			Code:    chdb.CodeNotImplemented,
			Message: fmt.Sprintf("The client speaks revision %d of the protocol, this server wants %d or newer (NOT_IMPLEMENTED)", hello.Revision, native.Revision),
		}
	}
	return hello, user, nil
}

func (s *Server) welcome(writer *native.Writer) error {
	var major, minor, patch uint64
	if _, err := fmt.Sscanf(s.Engine.Version, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return fmt.Errorf("read the engine's version %q: %w", s.Engine.Version, err)
	}
	if err := writer.Hello(major, minor, patch, Zone, "uptake-engine"); err != nil {
		return err
	}
	return writer.Flush()
}
