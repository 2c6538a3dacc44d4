package main

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/collector/token"
)

// newToken is `uptake token`.
func newToken(s *settings) *cobra.Command {
	c := &cobra.Command{Use: "token", Short: "Make, list and revoke tokens of senders and readers"}
	c.AddCommand(newTokenCreate(s), newTokenList(s), newTokenRevoke(s))
	return c
}

func newTokenCreate(s *settings) *cobra.Command {
	var asked tokenRequest
	c := &cobra.Command{
		Use:   "create --name NAME",
		Short: "Make a token and print it, once; only its hash is kept",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			asked.bound = cmd.Flags().Changed("person")
			order, err := asked.order(c)
			if err != nil {
				return err
			}
			secret, err := token.File{Path: c.Tokens.File}.Create(order)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), secret)
			return err
		},
	}
	flags := c.Flags()
	flags.StringVar(&asked.name, "name", "", "name of the token")
	flags.StringVar(&asked.person, "person", "", "person whom the token proves as the sender")
	flags.StringVar(&asked.scope, "scope", string(token.Ingest), "ingest, read or scim")
	flags.StringVar(&asked.expires, "expires", "", "life of the token, such as 90d or 12h (default: for ever)")
	return c
}

// tokenRequest is what the flags say of a token. It is bound when they name a
// person, though it were with an empty word, as of a variable that is not set.
type tokenRequest struct {
	name, person, scope, expires string
	bound                        bool
}

// order checks the flags. The person is given as a pseudonym.
func (r tokenRequest) order(c Config) (order token.Order, err error) {
	order.Name, order.Scope = r.name, token.Scope(r.scope)
	switch {
	case r.name == "":
		return order, usagef("name the token with --name")
	case !order.Scope.Valid():
		return order, usagef("--scope: %q is none of ingest, read, scim", r.scope)
	case r.bound && strings.TrimSpace(r.person) == "":
		return order, usagef("--person is blank; name the person, or leave it out")
	}
	if order.Expires, err = expiry(r.expires, time.Now()); err != nil {
		return order, usageError{err}
	}
	if !r.bound {
		return order, nil
	}
	pseudonyms, err := c.pseudonymizer()
	if err != nil {
		return order, err
	}
	order.Person = pseudonyms.Person(r.person)
	return order, nil
}

// expiry reads the life of a token.
func expiry(life string, now time.Time) (time.Time, error) {
	if life == "" {
		return time.Time{}, nil
	}
	d, err := parsePeriod(life)
	if err != nil {
		return time.Time{}, fmt.Errorf("--expires: %w", err)
	}
	return now.Add(d), nil
}

var days = regexp.MustCompile(`^(\d{1,5})d$`)

// parsePeriod reads a number of days or a Go duration.
func parsePeriod(text string) (d time.Duration, err error) {
	if m := days.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		d = time.Duration(n) * day24
	} else {
		d, err = time.ParseDuration(text)
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no time such as 90d or 12h", text)
	}
	return d, nil
}

func newTokenList(s *settings) *cobra.Command {
	var format outputFormat
	c := &cobra.Command{
		Use:   "list",
		Short: "List tokens by name; never the tokens themselves",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			tokens, err := token.File{Path: c.Tokens.File}.List()
			if err != nil {
				return err
			}
			t := table{columns: []string{"name", "scope", "person", "state", "created", "expires"}}
			for _, k := range tokens {
				t.rows = append(t.rows, []any{k.Name, string(k.Scope), k.Person, k.State(time.Now()), moment(k.Created), moment(k.Expires)})
			}
			return format.print(cmd.OutOrStdout(), t)
		},
	}
	format.flag(c.Flags())
	return c
}

// moment is a time in RFC 3339, nil for none.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func newTokenRevoke(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME",
		Short: "End a token; collectors refuse it within ten seconds",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			return token.File{Path: c.Tokens.File}.Revoke(args[0])
		},
	}
}

// ensureOperatorTokens makes the two tokens whose secrets `up` keeps for its own
// operator. One whose secret was lost is made anew.
func (t Tokens) ensureOperatorTokens(d dataFolder) error {
	file := token.File{Path: t.File}
	for name, scope := range map[string]token.Scope{"ingest-token": token.Ingest, "read-token": token.Read} {
		if _, err := readSecret(d.secret(name)); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			continue
		}
		order := token.Order{Name: "operator-" + string(scope), Scope: scope}
		secret, err := file.Create(order)
		if errors.Is(err, token.ErrTaken) {
			if err = file.Revoke(order.Name); err == nil {
				secret, err = file.Create(order)
			}
		}
		if err != nil {
			return err
		}
		if err := writeSecret(d.secret(name), secret); err != nil {
			return err
		}
	}
	return nil
}
