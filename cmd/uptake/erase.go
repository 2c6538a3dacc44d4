package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/collector/token"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

// newErase is `uptake erase`.
func newErase(s *settings) *cobra.Command {
	var yes bool
	var receipt string
	var format outputFormat
	c := &cobra.Command{
		Use:   "erase PERSON",
		Short: "Erase everything that is held about a person, and print a receipt",
		Long: `Erases a person, given as an identifier or a pseudonym, with all further identifiers
that the roster knows: events, person-days, roster, aliases, seats, training and the
rest, in every version. What was received before is refused from then on, though the
topic be read again; what is received later is new. Figures are calculated again.
It cannot be undone. Imports leave the person out unless they say --include-erased.

    uptake erase ada@example.com
    uptake erase --receipt ID        # print a receipt again`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case receipt != "" && len(args) == 0:
				return printReceiptAgain(cmd, s, receipt, format)
			case receipt != "" || len(args) != 1:
				return usagef("name one person, or one receipt with --receipt")
			}
			return s.withPerson(cmd.Context(), "erase", args[0], func(c Config, conn driver.Conn, p ledger.Person) error {
				return erase(cmd, c, conn, p, yes, format)
			})
		},
	}
	format.flag(c.Flags())
	c.Flags().BoolVar(&yes, "yes", false, "erase without asking")
	c.Flags().StringVar(&receipt, "receipt", "", "print the receipt of an earlier erasure")
	return c
}

const (
	// ingestLearns is within what time every ingest knows of an erasure, and what
	// it was just storing is stored.
	ingestLearns = 3 * time.Second
	// partsPatience is how long the engine may take to drop replaced files.
	partsPatience = 5 * time.Minute
)

func erase(cmd *cobra.Command, c Config, conn driver.Conn, p ledger.Person, yes bool, format outputFormat) error {
	ctx := cmd.Context()
	record, err := ledger.Read(ctx, conn, p)
	if err != nil {
		return err
	}
	if !record.Holds() && !record.ErasedAt.IsZero() {
		_, err := fmt.Fprintf(cmd.ErrOrStderr(), "nothing is held about this person, who was erased on %s\n", date(record.ErasedAt))
		return err
	}
	if !record.Holds() {
		_, err := fmt.Fprintln(cmd.ErrOrStderr(), "nothing is held about this person")
		return err
	}
	if !yes {
		if agreed, err := agree(cmd, record); err != nil || !agreed {
			return err
		}
	}
	receipt, err := ledger.Erase(ctx, conn, p, ledger.Erasure{
		Leave: func(ctx context.Context) error {
			return errors.Join(c.forgetTokens(cmd, p), roster.Refresh(ctx, conn))
		},
		Known:    func(ctx context.Context) error { return sleep(ctx, ingestLearns) },
		Patience: partsPatience,
	})
	if err != nil {
		return err
	}
	return receiptReport(receipt).print(cmd.OutOrStdout(), cmd.OutOrStdout(), format)
}

// forgetTokens ends the tokens that were made for the person and keeps nothing of them.
func (c Config) forgetTokens(cmd *cobra.Command, p ledger.Person) error {
	n, err := token.File{Path: c.Tokens.File}.Forget(append([]string{p.ID}, p.Aliases...))
	if err == nil && n > 0 {
		_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s made for the person: gone\n", plural(uint64(n), "token"))
	}
	return err
}

// agree asks whoever sits there.
func agree(cmd *cobra.Command, record *ledger.Record) (bool, error) {
	var rows uint64
	for _, section := range record.Sections {
		rows += section.Rows
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "This erases %s about one person with %s; it cannot be undone. Type erase to do it: ",
		plural(rows, "row"), plural(uint64(len(record.Person.Aliases)), "further identifier"))
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if strings.TrimSpace(answer) == "erase" {
		return true, nil
	}
	if err != nil {
		fmt.Fprintln(cmd.ErrOrStderr())
		return false, usagef("nothing was erased; say --yes where nobody can be asked")
	}
	_, err = fmt.Fprintln(cmd.ErrOrStderr(), "nothing was erased")
	return false, err
}

func printReceiptAgain(cmd *cobra.Command, s *settings, text string, format outputFormat) error {
	id, err := uuid.Parse(text)
	if err != nil {
		return usagef("--receipt: %q is no id of a receipt", text)
	}
	return s.withTables(1, func(_ Config, conn driver.Conn) error {
		if err := migrate.Check(cmd.Context(), conn); err != nil {
			return err
		}
		receipt, err := ledger.ReadReceipt(cmd.Context(), conn, id)
		if errors.Is(err, ledger.ErrNoReceipt) {
			return usageError{err}
		}
		if err != nil {
			return err
		}
		return receiptReport(receipt).print(cmd.OutOrStdout(), cmd.OutOrStdout(), format)
	})
}

// topicKeeps is how long the embedded broker keeps a message.
const topicKeeps = 30 * 24 * time.Hour

// receiptReport says what an erasure took out, and what goes by itself.
func receiptReport(receipt *ledger.Receipt) report {
	r := report{width: 22, rows: table{columns: []string{"receipt", "erased_at", "table", "rows"}}}
	at := instant(receipt.ErasedAt)
	r.page = append(r.page, paragraph{"Receipt", []string{receipt.ID.String()}}, paragraph{"Erased", []string{at}})
	for i, name := range receipt.Tables {
		r.rows.rows = append(r.rows.rows, []any{receipt.ID.String(), at, name, receipt.Rows[i]})
		r.page = append(r.page, paragraph{name, []string{plural(receipt.Rows[i], "row")}})
	}
	r.page = append(r.page,
		paragraph{"Goes by itself", []string{
			"Messages in Kafka, by the topics' retention: on the embedded broker by " + receipt.ErasedAt.Add(topicKeeps).Format(time.DateOnly) + ". They are refused when they are read again.",
			"What a collector still has in its spool: refused when it comes.",
		}},
		paragraph{"Not in our hands", []string{"Exports and backups that others took, and figures about groups that were published."}},
		paragraph{"Stays", []string{"Hashes that refuse what was received before " + at + ", and this receipt, which names nobody."}})
	return r
}
