package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/schema"
)

// newPerson is `uptake person`.
func newPerson(s *settings) *cobra.Command {
	id := &cobra.Command{
		Use:   "id IDENTIFIER",
		Short: "Print the pseudonym under which a person is stored",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			p, err := c.pseudonymizer()
			if err != nil {
				return err
			}
			pseudonym := p.Person(args[0])
			if pseudonym == nil {
				return usagef("the identifier is blank")
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), schema.PseudonymString(pseudonym))
			return err
		},
	}
	person := &cobra.Command{Use: "person", Short: "Find a person's records"}
	person.AddCommand(id)
	return person
}

// pseudonymizer reads the identity key.
func (c Config) pseudonymizer() (*schema.Pseudonymizer, error) {
	key, err := c.identityKey()
	if err != nil {
		return nil, err
	}
	return schema.NewPseudonymizer(key)
}

// withDataFolder fills in what lies in the data folder unless the settings name
// another place.
func (c Config) withDataFolder() Config {
	d := dataFolder(c.Data)
	if c.Identity.KeyFile == "" {
		c.Identity.KeyFile = d.secret("identity-key")
	}
	if c.Tokens.File == "" {
		c.Tokens.File = d.path("tokens.json")
	}
	return c
}
