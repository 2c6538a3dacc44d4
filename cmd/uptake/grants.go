package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"

	"github.com/spf13/cobra"

	tables "github.com/uptake-telemetry/uptake/schema/table"
)

// newGrants is `uptake grants`.
func newGrants(s *settings) *cobra.Command {
	var user, passwordFile string
	c := &cobra.Command{
		Use:   "grants",
		Short: "Print the SQL that lets a user of dashboards read published figures and nothing else",
		Long: `Prints SQL for a ClickHouse server: a role with limits that may read the published
tables, and a user who has that role and nothing else. Run it as a user who may
manage access. Without --password-file nobody can log in as a new user until it
gets a password and hosts; of the file only a hash is printed.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			if !userName.MatchString(user) {
				return usagef("--user: %q is no name of a user; use letters, digits and underscores", user)
			}
			credentials, err := credentialsOf(passwordFile)
			if err != nil {
				return err
			}
			_, err = io.WriteString(cmd.OutOrStdout(), tables.Grants(c.ClickHouse.Database, user, credentials))
			return err
		},
	}
	c.Flags().StringVar(&user, "user", dashboardsUser, "name of the user")
	c.Flags().StringVar(&passwordFile, "password-file", "", "file with the password of a new user")
	return c
}

var userName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// credentialsOf says how a new user logs in, without telling the password.
func credentialsOf(passwordFile string) (string, error) {
	if passwordFile == "" {
		return "", nil
	}
	password, err := readSecret(passwordFile)
	if err != nil {
		return "", usagef("--password-file: %w", err)
	}
	hash := sha256.Sum256([]byte(password))
	return fmt.Sprintf("IDENTIFIED WITH sha256_hash BY '%s'", hex.EncodeToString(hash[:])), nil
}
