package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// pageOrigin is where a daemon with its default listener has its page.
const pageOrigin = "http://127.0.0.1:9112/"

// pageConf is a router with what the page can show: a tracker, several
// addresses, and a name that would be markup if the page let it.
func pageConf(n *node, router string, priority int) string {
	n.write("weight", "1\n")
	return fmt.Sprintf("global_defs {\n    router_id \"%s\"\n    vrrp_garp_master_refresh 1\n}\ntrack_file maintenance {\n    file %s/weight\n    weight 1\n}\n",
		router, n.dir) + strings.NewReplacer(
		"    virtual_ipaddress {\n", "    track_file {\n        maintenance\n    }\n    virtual_ipaddress {\n        10.9.0.101/24\n",
	).Replace(conf(3, "BACKUP", priority, "0.1"))
}

// A person has the page of the backup open while the master dies, while a
// second master appears and while it goes away, on a desk and on a phone, by
// mouse and by keyboard. The parts share a lab and a browser, in this order.
func TestPage(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	for _, n := range l.nodes {
		n.loopback()
	}
	master := l.a.serving(pageConf(l.a, "a", 200))
	l.owned(peersVIP, "a", patience)
	watched := l.b.serving(pageConf(l.b, "<b id=b>b", 100))

	b := l.b.browser()
	b.screen(1280, 900, false)
	b.requests() // of the browser's own first page
	b.open(pageOrigin)
	b.shows("#instances .card", "VI_1", "BACKUP", "master "+l.a.ip+", priority 201", peersVIP+"/24 not held", "10.9.0.101/24 not held", "VRID 51")
	b.shows("#link", "live")
	b.shows("#daemon", "version ")
	b.shows("#trackers", "file maintenance", "up")
	b.shows("#kernel", "eth0", "xdp", "accepted")
	b.shows("#timeline", "INIT → BACKUP", "start")
	b.hides("#banner")
	b.shows("h1", "<b id=b>b") // as text: no markup comes from a name
	if n := b.run("return document.querySelectorAll('#host *').length"); n != 0.0 {
		t.Errorf("the name of the router became %v elements", n)
	}

	plotHasBars(t, b, "VI_1: between adverts")
	b.photo("backup.png")

	master.Kill()
	b.shows("#instances .state", "MASTER")
	b.shows("#instances .card", "this node is master", peersVIP+"/24 held")
	b.shows("#timeline li.transition", "BACKUP → MASTER", "last advert from "+l.a.ip+" (priority 201) was", "limit")

	plotHasBars(t, b, "VI_1: deadlines late by") // a backup that hears its master has no deadline

	// The dead master comes back behind a switch that carries no adverts.
	l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
	l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
	l.a.serving(pageConf(l.a, "a", 200))
	b.shows("#banner", "SPLIT BRAIN: VI_1 is master here and another node claims its addresses", "xvrrp explain VI_1")
	if colour, _ := b.run("return getComputedStyle(document.getElementById('banner')).backgroundColor").(string); !isRed(colour) {
		t.Errorf("the banner is %s, not red", colour)
	}
	if title, _ := b.run("return document.title").(string); !strings.HasPrefix(title, "⚠") {
		t.Errorf("the title says nothing of the split brain: %q", title)
	}
	mac := l.a.Link("eth0").Attrs().HardwareAddr.String()
	b.shows("#instances .card", "also claimed by "+mac)
	b.photo("split-brain.png")
	for _, scheme := range []string{"dark", "light"} {
		b.devtools("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]string{"name": "prefers-color-scheme", "value": scheme}}})
		canBeRead(t, b, scheme)
		b.photo(scheme + ".png")
	}
	b.screen(375, 812, true)
	fitsPhone(t, b)
	b.photo("phone.png")
	b.screen(1280, 900, false)

	l.sw.Forward()
	l.owned(peersVIP, "a", patience)
	b.shows("#instances .state", "BACKUP")
	b.hides("#banner")
	b.shows("#timeline", "MASTER → BACKUP")
	b.photo("desktop.png")

	byKeyboard(t, b)
	nothingForeign(t, b)

	// Opened anew it counts from zero, unless asked for all since the start,
	// whichever of its answers comes first: here that of v1/status is last.
	b.devtools("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": `
		const ask = window.fetch;
		let first = true;
		window.fetch = async (...request) => {
			const answer = await ask(...request);
			if (first && request[0] === 'v1/status') {
				first = false;
				while (!document.querySelector('#plots .card')) await new Promise(requestAnimationFrame);
			}
			return answer;
		};`})
	b.open(pageOrigin)
	count := func() (n int) {
		fmt.Sscanf(b.text("#plots .card:first-child p"), "%d counted", &n)
		return n
	}
	b.shows("#plots", "VI_1: between adverts")
	b.shows("#link", "live")
	since := count()
	b.run("const s = document.getElementById('since'); s.value = 'start'; s.dispatchEvent(new Event('change'))")
	if all := count(); all <= since {
		t.Errorf("since the page was opened %d adverts came, since the start %d", since, all)
	}

	watched.Kill()
	b.shows("#link", "no answer", "what is shown is old")
}

// plotHasBars waits until the plot with this title has a bar that can be seen.
func plotHasBars(t *testing.T, b *browser, title string) {
	t.Helper()
	testnet.Eventually(t, patience, func() error {
		bars := b.run(`return [...document.querySelectorAll('#plots .card')].filter((c) => c.querySelector('h3').innerText === arguments[0]).
			flatMap((c) => [...c.querySelectorAll('rect')]).filter((r) => r.getBoundingClientRect().height > 1).length`, title)
		if bars == 0.0 {
			return fmt.Errorf("the plot %q has no bars", title)
		}
		return nil
	})
}

// isRed tells whether the red of "rgb(r, g, b)" outweighs the rest by far.
func isRed(colour string) bool {
	var r, g, b int
	n, _ := fmt.Sscanf(colour, "rgb(%d, %d, %d)", &r, &g, &b)
	return n == 3 && r > 150 && g < 80 && b < 80
}

// canBeRead fails where text and ground are too much alike: a contrast below
// 4.5, as WCAG counts it.
func canBeRead(t *testing.T, b *browser, scheme string) {
	t.Helper()
	pale, _ := b.run(`const parts = (c) => c.match(/[\d.]+/g).map(Number);
		const light = (c) => parts(c).slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
			.reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
		const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if ((parts(c)[3] ?? 1) > 0.9) return c } return 'rgb(255, 255, 255)' };
		const list = [];
		let seen = 0;
		for (const e of document.querySelectorAll('body *')) {
			if (!e.checkVisibility() || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
			const style = getComputedStyle(e);
			const [a, z] = [light(e.namespaceURI.endsWith('svg') ? style.fill : style.color), light(ground(e))].sort((x, y) => y - x);
			seen++;
			if ((a + 0.05) / (z + 0.05) < 4.5) list.push(e.tagName + '.' + (e.getAttribute('class') ?? '') + ' ' + ((a + 0.05) / (z + 0.05)).toFixed(2));
		}
		return seen < 30 ? ['only ' + seen + ' elements with text'] : list`).([]any)
	if len(pale) > 0 {
		t.Errorf("%s: hard to read: %v", scheme, pale)
	}
}

// fitsPhone fails where something is wider than the screen or too small for a
// thumb.
func fitsPhone(t *testing.T, b *browser) {
	t.Helper()
	b.shows("#instances .card", "VI_1")
	if wide := b.run("return document.documentElement.scrollWidth"); wide != 375.0 {
		t.Errorf("the page is %v pixels wide on a screen of 375", wide)
	}
	outside := b.run(`return [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && !e.closest('.wide') && !e.matches('.skip') &&
		e.getBoundingClientRect().right > 376).map((e) => e.tagName + '.' + e.className)`)
	if list, _ := outside.([]any); len(list) > 0 {
		t.Errorf("beyond the edge of the screen: %v", list)
	}
	small := b.run(`return [...document.querySelectorAll('select, summary')].filter((e) => e.checkVisibility() &&
		e.getBoundingClientRect().height < 24).map((e) => e.tagName)`)
	if list, _ := small.([]any); len(list) > 0 {
		t.Errorf("too small for a thumb: %v", list)
	}
}

// byKeyboard walks through the page with the tab key alone: every control is
// reached in the order of the page, and it shows where the focus is.
func byKeyboard(t *testing.T, b *browser) {
	t.Helper()
	b.run("document.activeElement.blur(); window.scrollTo(0, 0)")
	const focused = `const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
		return { name: e.id || e.getAttribute('href') || e.innerText, line: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
			seen: r.width > 0 && r.left >= 0 && r.top < innerHeight && r.bottom > 0 }`
	want := []string{"#instances", "Counters", "kind", "who", "timeline", "since", "v1/status", "v1/events", "metrics"}
	var walked []string
	for range want {
		b.press(keyTab)
		at, _ := b.run(focused).(map[string]any)
		walked = append(walked, fmt.Sprint(at["name"]))
		if at["line"] != true || at["seen"] != true {
			t.Errorf("the focus on %v cannot be seen: %v", at["name"], at)
		}
	}
	if !slices.Equal(walked, want) {
		t.Errorf("tab goes through %q, want %q", walked, want)
	}
	b.run("document.activeElement.blur(); document.querySelector('summary').focus()")
	b.press(keyEnter)
	b.shows("#instances dl", "Adverts received", "Became master")
	// The cards are drawn anew each second; focus and what is open stay.
	since := b.run("return document.querySelector('#link').innerText")
	testnet.Eventually(t, patience, func() error {
		if b.run("return document.querySelector('#link').innerText") == since {
			return fmt.Errorf("nothing was drawn since %v", since)
		}
		return nil
	})
	if at := b.run("return document.activeElement.innerText + document.activeElement.closest('details').open"); at != "Counterstrue" {
		t.Errorf("after the page was drawn again the focus is on %v", at)
	}
	b.run("document.getElementById('kind').focus()")
	b.press("t") // the first entry that starts with it
	testnet.Eventually(t, patience, func() error {
		if kinds := b.run("return [...new Set([...document.querySelectorAll('#timeline li')].map((e) => e.className.split(' ')[0]))].join()"); kinds != "transition" {
			return fmt.Errorf("with transitions only, the timeline has %v", kinds)
		}
		return nil
	})
}

// nothingForeign fails where the page asked anybody else, or complained, and
// then makes sure that this would have been seen.
func nothingForeign(t *testing.T, b *browser) {
	t.Helper()
	urls := b.requests()
	for _, u := range urls {
		if !strings.HasPrefix(u, pageOrigin) {
			t.Errorf("the page asked for %s", u)
		}
	}
	for _, path := range []string{"page.js", "page.css", "v1/status", "v1/events?after=0", "metrics"} {
		if !slices.ContainsFunc(urls, func(u string) bool { return strings.HasPrefix(u, pageOrigin+path) }) {
			t.Errorf("the log of %d requests has no %s", len(urls), path)
		}
	}
	if lines := b.console(); len(lines) > 0 {
		t.Errorf("the console says:\n%s", strings.Join(lines, "\n"))
	}

	b.run(`const s = document.createElement('script');
		s.textContent = 'window.injected = true';
		document.body.append(s);
		const i = new Image();
		i.src = 'http://192.0.2.1/x.png';
		document.body.append(i);`)
	if b.run("return window.injected === true") == true {
		t.Error("the policy lets an inline script run")
	}
	testnet.Eventually(t, patience, func() error {
		lines := strings.Join(b.console(), "\n")
		if !strings.Contains(lines, "inline script") || !strings.Contains(lines, "192.0.2.1") {
			return fmt.Errorf("the console does not tell what the policy stopped: %s", lines)
		}
		return nil
	})
}
