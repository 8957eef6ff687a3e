package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// holders is everything that holds a secret, however deep.
func holders(t *testing.T, password string, key []byte) map[string]any {
	k, err := NewKey(9, key)
	if err != nil {
		t.Fatal(err)
	}
	pass := Auth{Type: AuthPass, Password: NewPassword(password)}
	ah := Auth{Type: AuthAH, Password: NewPassword(password)}
	ring := Auth{HMAC: HMAC{Keys: []Key{k}, Active: 9, Window: time.Second}}
	all := map[string]any{"password": pass.Password, "key": k, "*key": &k, "ring": ring, "keys": []Key{k}}
	for name, auth := range map[string]Auth{"pass": pass, "ah": ah, "hmac": ring} {
		f := newForm("", IPv4, V2, 1, false, auth)
		a := f.advert
		a.Signer = f.signer(t)
		template, err := NewTemplate(&a)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := Open(a.Append(nil))
		r := f.rules(t)
		if _, reject := r.Check(&p, testNow); reject != None {
			t.Fatal(reject)
		}
		all[name+" auth"], all[name+" *auth"] = auth, &auth
		all[name+" settings"], all[name+" rules"], all[name+" *rules"] = f.settings, *r, r
		all[name+" signer"], all[name+" *signer"] = *a.Signer, a.Signer
		all[name+" advert"], all[name+" packet"], all[name+" *packet"] = a, p, &p
		all[name+" template"] = template.Advert()
		all[name+" datagram"] = Datagram{IP: p.IP()}
	}
	return all
}

// spellings is how a secret would look in print.
func spellings(secret []byte) []string {
	decimal := strings.Trim(fmt.Sprint(secret[:6]), "[]")
	hexes := strings.TrimPrefix(fmt.Sprintf("%#v", secret[:4]), "[]byte{")
	return []string{
		string(secret[:6]), hex.EncodeToString(secret[:6]), strings.ToUpper(hex.EncodeToString(secret[:6])),
		decimal, strings.ReplaceAll(decimal, " ", ", "), strings.TrimSuffix(hexes, "}"),
	}
}

// TestSecretsAreNotPrinted: whatever the verb, whatever holds the secret.
func TestSecretsAreNotPrinted(t *testing.T) {
	const password = "hunter42"
	key := []byte("correct horse battery staple 0123456789")
	forbidden := append(spellings([]byte(password)), spellings(key)...)
	for name, v := range holders(t, password, key) {
		printed := []string{fmt.Sprint(v), fmt.Errorf("wrapped: %v", v).Error()}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x"} {
			printed = append(printed, fmt.Sprintf(verb, v))
		}
		if !strings.Contains(name, "datagram") { // its bytes are meant to be encoded
			text, err := json.Marshal(v)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			printed = append(printed, string(text))
		}
		for _, text := range printed {
			for _, f := range forbidden {
				if strings.Contains(text, f) {
					t.Errorf("%s shows its secret as %q: %s", name, f, text)
				}
			}
		}
	}
	for _, f := range []struct{ got, want string }{
		{fmt.Sprintf("%v", NewPassword(password)), "[redacted]"},
		{fmt.Sprintf("%+v", Auth{Password: NewPassword(password)}.Password), "[redacted]"},
		{fmt.Sprintf("%#v", testKey(t, 3)), "key 3 [redacted]"},
	} {
		if f.got != f.want {
			t.Errorf("printed as %q, want %q", f.got, f.want)
		}
	}
}

func TestKeyAndPassword(t *testing.T) {
	for _, c := range []struct {
		id   uint8
		n    int
		want string
	}{{1, 32, ""}, {255, 64, ""}, {0, 32, "key id 0"}, {1, 31, "31 bytes"}, {1, 65, "65 bytes"}} {
		_, err := NewKey(c.id, bytes.Repeat([]byte("k"), c.n))
		checkError(t, err, c.want)
		if err != nil && strings.Contains(err.Error(), "kk") {
			t.Errorf("error shows the key: %v", err)
		}
	}
	a, b := testKey(t, 1), testKey(t, 1)
	if !a.Equal(b) || a.Equal(testKey(t, 2)) || a.Equal(Key{}) || !(Key{}).Equal(Key{}) {
		t.Error("Key.Equal is wrong")
	}
	if !NewPassword("12345678").Equal(NewPassword("123456789")) || NewPassword("a").Equal(NewPassword("b")) ||
		!(Password{}).Equal(NewPassword("")) {
		t.Error("Password.Equal is wrong: only eight bytes count")
	}
	if !reflect.DeepEqual(Auth{HMAC: HMAC{Keys: []Key{a}}}, Auth{HMAC: HMAC{Keys: []Key{b}}}) ||
		reflect.DeepEqual(NewPassword("a"), NewPassword("b")) {
		t.Error("reflect.DeepEqual does not see the secrets")
	}
	secret := bytes.Repeat([]byte{7}, 32)
	k, err := NewKey(1, secret)
	if err != nil {
		t.Fatal(err)
	}
	clear(secret)
	if k.s.bytes()[0] != 7 {
		t.Error("the key is the caller's slice")
	}
}
