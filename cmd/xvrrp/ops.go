package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func configOfDaemon(c *cli.Context) error { return fmt.Errorf("x") }
