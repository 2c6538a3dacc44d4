// Command uptake measures the real adoption of AI tools by role.
//
// It is the only place where the parts of Uptake meet: flags, settings, one
// file per mode (up.go, collect.go, ingest.go, observe.go) and per operator
// command. Results go to standard output, everything else to standard error.
// It exits with 0 when done, 1 when it failed, and 2 when it was used wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set at link time.
var version = "development"

func main() { os.Exit(run(os.Args[1:])) }

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake of whoever typed the command or wrote the settings.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	fmt.Fprintln(os.Stderr, "uptake:", err)
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "uptake",
		Short: "Measures the real adoption of AI tools by role",
		Long: `Uptake measures the real adoption of AI tools by role: it receives usage events
of AI tools, streams them through Kafka into ClickHouse and publishes figures
about groups, never about persons.

Start with:  uptake up --data DIR --demo`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w; see: %s --help", err, cmd.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	s := &settings{}
	s.flags(root.PersistentFlags())
	root.AddGroup(
		&cobra.Group{ID: groupRun, Title: "Run:"},
		&cobra.Group{ID: groupRead, Title: "Read:"},
		&cobra.Group{ID: groupOperate, Title: "Operate:"},
	)
	root.AddCommand(
		inGroup(groupRun, newUp(s), newCollect(s), newIngest(s), newObserve(s))...)
	root.AddCommand(
		inGroup(groupRead, newFigures(s), newExplain(s), newDefinitions(s), newStatus(s), newCoverage(s), newDoctor(s), newSQL(s), newTrace(s), newDeadLetters(s), newLedger(s), newAudit(s))...)
	root.AddCommand(
		inGroup(groupOperate, newCheck(s), newTools(s), newMigrate(s), newGrants(s), newRoster(s), newToken(s), newPerson(s), newIdentity(s), newExport(s), newErase(s), newSend(s), newReplay(s), newRebuild(s), newVersion())...)
	return root
}

// Groups of commands in the help.
const (
	groupRun     = "run"
	groupRead    = "read"
	groupOperate = "operate"
)

func inGroup(id string, commands ...*cobra.Command) []*cobra.Command {
	for _, c := range commands {
		c.GroupID = id
		wrapArgs(c)
	}
	return commands
}

// wrapArgs makes wrong arguments a wrong use, so that the exit status says so.
func wrapArgs(c *cobra.Command) {
	for _, child := range c.Commands() {
		wrapArgs(child)
	}
	check := c.Args
	if check == nil {
		check = cobra.NoArgs
	}
	if c.HasSubCommands() {
		check = unknownCommand
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			var usage usageError
			if errors.As(err, &usage) {
				return err
			}
			return usagef("%w; see: %s --help", err, c.CommandPath())
		}
		return nil
	}
}

func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usagef("unknown command %q; see: %s --help", args[0], c.CommandPath())
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), version)
			return err
		},
	}
}
