package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/show"
	"github.com/xvrrp/xvrrp/internal/survey"
)

func watchCommand() *cli.Command {
	return &cli.Command{
		Name:      "watch",
		Usage:     "decode adverts, ARP and neighbour discovery live, and mark conflicts; needs no daemon",
		ArgsUsage: "-i INTERFACE",
		Description: "On a terminal a table that updates; in a pipe, or with --plain, a line for each packet. Exit 0.\n" +
			"The secrets of adverts are compared and never shown. What the kernel program of an xvrrp on this host\n" +
			"consumes reaches no capture, tcpdump neither: it is asked of the daemon of --runtime-dir.",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			interfaceFlag(),
			&cli.BoolFlag{Name: "plain", Usage: "a line for each packet, also on a terminal"},
			&cli.PathFlag{Name: "w", Aliases: []string{"write"}, Usage: "also write the packets to `FILE`, as pcap"},
			&cli.DurationFlag{Name: "for", Usage: "end after this `TIME`, for example 10s", DefaultText: "never"},
			jsonFlag(),
		},
		Action: watch,
	}
}

func watch(c *cli.Context) (err error) {
	if err := noArgs(c); err != nil {
		return err
	}
	if c.String("i") == "" {
		return coded{errors.New("watch needs an interface: -i INTERFACE"), exitUsage}
	}
	link, err := net.InterfaceByName(c.String("i"))
	if err != nil {
		return coded{fmt.Errorf("interface %q: %w", c.String("i"), err), exitUsage}
	}
	ctx, stop := signal.NotifyContext(c.Context, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if d := c.Duration("for"); d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	w := &watcher{judge: survey.NewJudge(), link: link.Name, asked: make(chan struct{})}
	if path := c.Path("w"); path != "" {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		if w.pcap, err = survey.NewPcap(file); err != nil {
			return err
		}
	}
	capture, err := survey.Open(link.Index)
	if err != nil {
		return err
	}
	merged := survey.NewMerge(capture)
	defer merged.Close()
	defer context.AfterFunc(ctx, func() { capture.Close() })() // ends Next
	p, table := paper(c), isTerminal(c.App.Writer) && !c.Bool("plain") && !c.Bool("json")
	if !table {
		w.complain = func(what string) { fmt.Fprintf(os.Stderr, "xvrrp: %s\n", what) }
	}
	go w.hidden(ctx, link, c.String("runtime-dir"), merged)
	select {
	case <-w.asked:
	case <-ctx.Done():
	}
	switch {
	case table:
		return w.table(ctx, merged, p, c.App.Writer)
	case c.Bool("json"):
		enc := json.NewEncoder(c.App.Writer)
		enc.SetEscapeHTML(false)
		return w.each(merged, func(s show.Sight) error { return enc.Encode(s) })
	}
	return w.each(merged, func(s show.Sight) error {
		_, err := fmt.Fprint(c.App.Writer, p.Sight(s, s.At))
		return err
	})
}

// watcher judges what a capture brings.
type watcher struct {
	link     string
	pcap     *survey.Pcap  // nil: none is written
	asked    chan struct{} // closed when the daemon has been asked
	complain func(string)  // nil: the table shows it

	mu     sync.Mutex // the table is drawn beside the packets
	judge  *survey.Judge
	claims []show.Sight // the last ones
	note   string       // what cannot be seen
}

// keptClaims is how many lines of ARP the table has.
const keptClaims = 8

// each tells every packet until the capture is closed.
func (w *watcher) each(capture *survey.Merge, tell func(show.Sight) error) error {
	for {
		frame, err := capture.Next()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		event, ok := survey.Decode(frame)
		if !ok {
			continue
		}
		if w.pcap != nil {
			if err := w.pcap.Write(frame); err != nil {
				return err
			}
		}
		if err := tell(w.take(event)); err != nil {
			return err
		}
	}
}

func (w *watcher) take(e survey.Event) show.Sight {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := show.NewSight(e, w.judge.Take(e))
	if s.Claim != nil {
		w.claims = append(w.claims, s)
		w.claims = w.claims[max(0, len(w.claims)-keptClaims):]
	}
	return s
}

// redraw is how often the table is written anew.
const redraw = 250 * time.Millisecond

// clearScreen moves to the first line and wipes what is below.
const clearScreen = "\x1b[H\x1b[2J"

// table shows who sends, redrawn in place, until the context ends.
func (w *watcher) table(ctx context.Context, capture *survey.Merge, p show.Paper, out io.Writer) error {
	ended := make(chan error, 1)
	go func() { ended <- w.each(capture, func(show.Sight) error { return nil }) }()
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		if _, err := fmt.Fprint(out, clearScreen+p.Watch(w.view())); err != nil {
			return err
		}
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			return <-ended
		case <-tick.C:
		}
	}
}

func (w *watcher) view() show.View {
	w.mu.Lock()
	defer w.mu.Unlock()
	return show.View{
		Interface: w.link, Now: time.Now(), Senders: w.judge.Senders(), Conflicts: w.judge.Conflicts(), Claims: slices.Clone(w.claims), Note: w.note,
	}
}
