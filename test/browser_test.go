package test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// browser is a headless Chromium on a node, steered by the WebDriver protocol:
// HTTP and JSON to chromedriver, which listens on the node's own loopback.
type browser struct {
	t       testing.TB
	client  http.Client
	session string // the path of the session
}

// driverPort is chromedriver's, alone in its network.
const driverPort = 9515

// browser starts one. Both programs live in a process namespace of their own,
// which takes Chromium's many processes along when the test ends.
func (n *node) browser() *browser {
	n.t.Helper()
	b := &browser{t: n.t, client: http.Client{Timeout: 2 * patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (conn net.Conn, err error) {
			inside := n.Host.Host.Do(func() error {
				conn, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", driverPort))
				return err
			})
			return conn, inside
		},
	}}}
	driver := n.Start("unshare", "--pid", "--mount-proc", "--fork", "--kill-child", "chromedriver", fmt.Sprintf("--port=%d", driverPort))
	says(n.t, driver, "was started successfully", patience)

	// Not t.TempDir: Chromium's processes write for a moment after they were killed.
	profile, err := os.MkdirTemp("", "xvrrp-browser-")
	if err != nil {
		n.t.Fatal(err)
	}
	options := map[string]any{"args": []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir=" + profile,
	}}
	n.t.Cleanup(func() {
		if b.session != "" {
			b.call(http.MethodDelete, b.session, nil)
		}
		driver.Kill()
		testnet.Eventually(n.t, patience, func() error { return os.RemoveAll(profile) })
	})
	answer := b.call(http.MethodPost, "/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"browserName":        "chrome",
		"goog:chromeOptions": options,
		"goog:loggingPrefs":  map[string]string{"browser": "ALL", "performance": "ALL"},
	}}})
	id, _ := answer.(map[string]any)["sessionId"].(string)
	if id == "" {
		n.t.Fatalf("no session: %v", answer)
	}
	b.session = "/session/" + id
	return b
}

// call asks chromedriver and returns the answer's value.
func (b *browser) call(method, path string, body any) any {
	b.t.Helper()
	value, err := b.try(method, path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

func (b *browser) try(method, path string, body any) (any, error) {
	var sent io.Reader
	if method == http.MethodPost {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, fmt.Sprintf("http://127.0.0.1:%d%s", driverPort, path), sent)
	if err != nil {
		return nil, err
	}
	answer, err := b.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("chromedriver: %w", err)
	}
	defer answer.Body.Close()
	var got struct{ Value any }
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		return nil, fmt.Errorf("chromedriver, %s %s: %w", method, path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("chromedriver, %s %s: %s: %v", method, path, answer.Status, got.Value)
	}
	return got.Value, nil
}

// open goes to a page and waits until it has loaded.
func (b *browser) open(url string) {
	b.t.Helper()
	b.call(http.MethodPost, b.session+"/url", map[string]any{"url": url})
}

// run runs a function body in the page and returns what it returns.
func (b *browser) run(script string, args ...any) any {
	b.t.Helper()
	if args == nil {
		args = []any{}
	}
	return b.call(http.MethodPost, b.session+"/execute/sync", map[string]any{"script": script, "args": args})
}

// text is what a person reads of the elements: nothing of hidden ones.
func (b *browser) text(selector string) string {
	b.t.Helper()
	text, _ := b.run(`return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility()).map((e) => e.innerText).join('\n')`, selector).(string)
	return text
}

// shows waits until the elements' text holds all the words.
func (b *browser) shows(selector string, words ...string) {
	b.t.Helper()
	testnet.Eventually(b.t, patience, func() error {
		text := b.text(selector)
		for _, w := range words {
			if !strings.Contains(text, w) {
				return fmt.Errorf("%s does not show %q:\n%s", selector, w, text)
			}
		}
		return nil
	})
}

// hides waits until nothing of the elements can be seen.
func (b *browser) hides(selector string) {
	b.t.Helper()
	testnet.Eventually(b.t, patience, func() error {
		if text := b.text(selector); text != "" {
			return fmt.Errorf("%s still shows:\n%s", selector, text)
		}
		return nil
	})
}

// press presses and releases one key.
func (b *browser) press(key string) {
	b.t.Helper()
	b.call(http.MethodPost, b.session+"/actions", map[string]any{"actions": []any{map[string]any{
		"type": "key", "id": "keyboard",
		"actions": []any{map[string]string{"type": "keyDown", "value": key}, map[string]string{"type": "keyUp", "value": key}},
	}}})
}

// Keys by the numbers of the WebDriver protocol.
const (
	keyTab   = "\ue004"
	keyEnter = "\ue007"
)

// devtools sends a command of the DevTools protocol.
func (b *browser) devtools(command string, params map[string]any) map[string]any {
	b.t.Helper()
	answer, _ := b.call(http.MethodPost, b.session+"/goog/cdp/execute", map[string]any{"cmd": command, "params": params}).(map[string]any)
	return answer
}

// screen sets the size in CSS pixels.
func (b *browser) screen(width, height int, phone bool) {
	b.t.Helper()
	b.devtools("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone})
}

// photo keeps a picture of the whole page among the test's artifacts.
func (b *browser) photo(name string) {
	b.t.Helper()
	data, _ := b.devtools("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true})["data"].(string)
	picture, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(picture) == 0 {
		b.t.Fatalf("no screenshot: %v", err)
	}
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// console are the lines of the console since the last call: errors of scripts
// and what the Content-Security-Policy stopped.
func (b *browser) console() (lines []string) {
	b.t.Helper()
	for _, e := range b.log("browser") {
		lines = append(lines, fmt.Sprint(e["level"], ": ", e["message"]))
	}
	return lines
}

// requests are the addresses that Chromium asked for since the last call.
func (b *browser) requests() (urls []string) {
	b.t.Helper()
	for _, e := range b.log("performance") {
		var event struct {
			Message struct {
				Method string
				Params struct{ Request struct{ URL string } }
			}
		}
		text, _ := e["message"].(string)
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			b.t.Fatalf("%v: %s", err, text)
		}
		if event.Message.Method == "Network.requestWillBeSent" {
			urls = append(urls, event.Message.Params.Request.URL)
		}
	}
	return urls
}

func (b *browser) log(kind string) (entries []map[string]any) {
	b.t.Helper()
	list, _ := b.call(http.MethodPost, b.session+"/se/log", map[string]any{"type": kind}).([]any)
	for _, e := range list {
		if e, ok := e.(map[string]any); ok {
			entries = append(entries, e)
		}
	}
	return entries
}
