// Package show turns the daemon's answers into text for people: data in, text
// out, with no clock, no terminal and no network of its own.
//
//	p := show.Paper{Colour: isTerminal, Zone: time.Local}
//	fmt.Print(p.Status(status))
//	fmt.Print(p.Explain(show.NewCase(status, instance)))
//
// Invariants:
//
//   - No line is wider than Width columns, whatever the daemon says.
//   - What came from a network, a script or a file is stripped of control
//     characters, so that it cannot drive the reader's terminal.
//   - Without Colour the text holds no escape sequence.
//   - The current time is the Now of the answer, so that the same answer gives
//     the same text.
package show
