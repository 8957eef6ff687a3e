package config

import (
	"encoding/hex"
	"strings"
	"time"
)

// authDraft is authentication { } as written.
type authDraft struct {
	kind     AuthKind
	badType  bool
	password string
	st       *statement
	passAt   spot
	typeAt   spot
	have     seen
}

var authTable = table[authDraft]{"authentication", map[string]word[authDraft]{
	"auth_type": {min: 1, max: 1, read: func(r *reader, st *statement, a *authDraft) {
		a.typeAt = arg(st, 0)
		switch text := st.Args()[0].Text; text {
		case "PASS":
			a.kind = AuthPass
		case "AH":
			a.kind = AuthAH
		default:
			a.badType = true
			remedy := "write PASS or AH"
			for _, w := range []string{"PASS", "AH"} {
				if strings.EqualFold(strings.TrimRight(text, ";,"), w) {
					remedy = "write " + w + ", in capitals and with nothing behind it"
				}
			}
			r.err(codeBadAuthType, arg(st, 0), remedy,
				"auth_type %s is no type: keepalived would send adverts without authentication", quote(text))
		}
	}},
	"auth_pass": {min: 1, max: 1, read: func(r *reader, st *statement, a *authDraft) {
		a.password, a.passAt = st.Args()[0].Text, arg(st, 0)
		if a.password == "" {
			r.err(codeMissingValue, arg(st, 0), "write a password of 1 to 8 characters", "auth_pass is empty")
		}
		if len(a.password) > 8 {
			r.warn(codePasswordLong, arg(st, 0), "write 8 characters, the same on every node",
				"auth_pass has %d characters: only the first 8 are sent", len(a.password))
			a.password = a.password[:8]
		}
	}},
}}

func readAuth(r *reader, st *statement, d *id) {
	d.auth = authDraft{st: st, have: seen{}}
	readBlock(r, authTable, st.Block, &d.auth, d.auth.have)
}

// hmacDraft is auth_hmac { } as written.
type hmacDraft struct {
	HMAC
	st     *statement
	active int
	have   seen
}

var hmacTable = table[hmacDraft]{"auth_hmac", joinWords(map[string]word[hmacDraft]{
	"mode": {min: 1, max: 1, read: func(r *reader, st *statement, h *hmacDraft) {
		if n, ok := r.choice(st, 0, []string{"enforce", "permissive", "receive-only"}); ok {
			h.Mode = HMACMode(n)
		}
	}},
}, hmacWords(func(h *hmacDraft) *hmacDraft { return h }))}

// hmacWords are those of every block that holds a key ring.
func hmacWords[T any](to func(*T) *hmacDraft) map[string]word[T] {
	return map[string]word[T]{
		"key":        {min: 2, max: 2, repeat: adds, read: func(r *reader, st *statement, into *T) { readKey(r, st, to(into)) }},
		"active_key": intWord(1, 255, func(into *T) *int { return &to(into).active }),
		"anti_replay": {min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
			if n, ok := r.choice(st, 0, []string{"time", "monotonic"}); ok {
				to(into).AntiReplay = AntiReplay(n)
			}
		}},
		"time_window": wholeWord(time.Second, 1, 300, func(into *T) *time.Duration { return &to(into).Window }),
	}
}

func readHMAC(r *reader, st *statement, d *id) {
	d.hmac = &hmacDraft{st: st, have: seen{}}
	readBlock(r, hmacTable, st.Block, d.hmac, d.hmac.have)
}

// readKey reads key ID VALUE, where VALUE is hex:DIGITS, file:PATH or text.
func readKey(r *reader, st *statement, h *hmacDraft) {
	n, ok := r.integer(st, 0, 1, 255)
	if !ok {
		return
	}
	for _, k := range h.Keys {
		if int(k.ID) == n {
			r.err(codeDuplicate, arg(st, 0), "give each key a number of its own", "key %d is defined twice", n)
			return
		}
	}
	k := HMACKey{ID: uint8(n), Pos: Pos(st.Pos)}
	value := st.Args()[1].Text
	if path, isFile := strings.CutPrefix(value, "file:"); isFile {
		k.From = path
		if value, ok = r.keyFile(st, path); !ok {
			return
		}
		if value == "" { // not looked at
			h.Keys = append(h.Keys, k)
			return
		}
	}
	bytes, ok := r.keyBytes(st, value)
	if !ok {
		return
	}
	k.Key = NewSecret(bytes)
	h.Keys = append(h.Keys, k)
}

// keyBytes decodes a key and checks its length. Messages never show it.
func (r *reader) keyBytes(st *statement, value string) (string, bool) {
	if digits, isHex := strings.CutPrefix(value, "hex:"); isHex {
		raw, err := hex.DecodeString(digits)
		if err != nil {
			r.err(codeBadKey, arg(st, 1), "write an even number of digits 0-9a-f", "key %s is not hexadecimal", st.Args()[0].Text)
			return "", false
		}
		value = string(raw)
	}
	if len(value) < 32 || len(value) > 64 {
		r.err(codeBadKey, arg(st, 1), "make one with: openssl rand -hex 32",
			"key %s has %d bytes: 32 to 64 are needed", st.Args()[0].Text, len(value))
		return "", false
	}
	return value, true
}

// keyFile reads a key's file when Load may look at the host.
func (r *reader) keyFile(st *statement, path string) (string, bool) {
	if r.opt.ReadKey == nil {
		return "", true
	}
	data, mode, err := r.opt.ReadKey(path)
	if err != nil {
		r.err(codeBadKey, arg(st, 1), "create the file, readable by root only", "key %s: %v", st.Args()[0].Text, err)
		return "", false
	}
	if mode&0o077 != 0 {
		r.warn(codeKeyExposed, arg(st, 1), "chmod 600 "+path, "key %s: others than its owner may read %s (mode %04o)",
			st.Args()[0].Text, path, mode.Perm())
	}
	value := strings.TrimRight(string(data), "\r\n")
	if value == "" {
		r.err(codeBadKey, arg(st, 1), "make one with: openssl rand -hex 32", "key %s: %s is empty", st.Args()[0].Text, path)
		return "", false
	}
	return value, true
}
