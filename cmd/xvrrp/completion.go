package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

// Completions ask the program itself, which knows its commands and, while the
// daemon runs, its instances.
const bashCompletion = `# xvrrp: completion for bash; put it into /etc/bash_completion.d/xvrrp
_xvrrp() {
	local word words
	word="${COMP_WORDS[COMP_CWORD]}"
	words=("${COMP_WORDS[@]:0:COMP_CWORD}")
	if [[ $word == -* ]]; then
		words+=("-") # all options; compgen picks
	fi
	local IFS=$'\n'
	COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null | cut -d: -f1)" -- "$word"))
}
complete -o bashdefault -o default -F _xvrrp xvrrp
`

const zshCompletion = `#compdef xvrrp
# xvrrp: completion for zsh; put it into a directory of $fpath as _xvrrp
_xvrrp() {
	local -a found
	local word="${words[CURRENT]}"
	local -a typed=("${words[@]:0:$((CURRENT-1))}")
	if [[ $word == -* ]]; then
		typed+=("-")
	fi
	found=("${(@f)$("${typed[@]}" --generate-bash-completion 2>/dev/null)}")
	_describe xvrrp found || _files
}
compdef _xvrrp xvrrp
`

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:         "completion",
		Usage:        "print the completion for a shell: bash, zsh or fish",
		ArgsUsage:    "SHELL",
		OnUsageError: usageError,
		BashComplete: func(c *cli.Context) { fmt.Fprint(c.App.Writer, "bash\nzsh\nfish\n") },
		Action: func(c *cli.Context) error {
			shell, err := oneArg(c, "a shell: bash, zsh or fish")
			if err != nil {
				return err
			}
			text := map[string]string{"bash": bashCompletion, "zsh": zshCompletion}[shell]
			if shell == "fish" {
				if text, err = c.App.ToFishCompletion(); err != nil {
					return err
				}
			}
			if text == "" {
				return coded{fmt.Errorf("completion %s: there are bash, zsh and fish", shell), exitUsage}
			}
			_, err = fmt.Fprint(c.App.Writer, text)
			return err
		},
	}
}
