package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/mdlayher/arp"
)

// An Answer is one ARP reply to the question who has an address.
type Answer struct {
	MAC net.HardwareAddr
	At  time.Time // when it was read, with Go's monotonic reading
}

// WhoHas asks once over a link of the host, by broadcast ARP, who has the address, and collects every answer that comes
// in the time given. Nobody answering is no error. The link needs an IPv4 address to ask from.
func (h *Host) WhoHas(link string, ip netip.Addr, within time.Duration) ([]Answer, error) {
	var c *arp.Client
	err := h.ns.do(func() error {
		ifi, err := net.InterfaceByName(link)
		if err != nil {
			return err
		}
		c, err = arp.Dial(ifi)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("host %s: arp on %s: %w", h.Name, link, err)
	}
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		return nil, fmt.Errorf("host %s: arp on %s: %w", h.Name, link, err)
	}
	if err := c.Request(ip); err != nil {
		return nil, fmt.Errorf("host %s: ask who has %s: %w", h.Name, ip, err)
	}
	var answers []Answer
	for {
		p, _, err := c.Read()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return answers, nil
		case err != nil:
			return answers, fmt.Errorf("host %s: ask who has %s: %w", h.Name, ip, err)
		case p.Operation == arp.OperationReply && p.SenderIP == ip:
			answers = append(answers, Answer{MAC: p.SenderHardwareAddr, At: time.Now()})
		}
	}
}
