#!/usr/bin/env python3
"""Opens the dashboard of a running node in a real browser and uses it as a person would.

    dashboard_test.py BROWSER DATA_PORT MANAGEMENT_PORT SCREENSHOT_FOLDER

Leaves screenshots, light, dark and as on a phone.
"""

import http.client
import pathlib
import sys
import time
import urllib.parse

from devtools import Browser

ATTACK = "<img src=x onerror=\"document.title='taken'\">"


def main():
    browser_program, data_port, management_port, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    client = http.client.HTTPConnection("127.0.0.1", int(data_port))
    fill(client)
    page = f"http://127.0.0.1:{management_port}/"
    check_headers(int(management_port))
    with Browser(browser_program) as browser:
        show(browser, page, 1280, 900, "light")
        load(client, browser)
        check_figures(browser)
        check_browsing(browser)
        check_search(browser)
        check_attack(browser)
        browser.screenshot(folder / "light.png")
        toggle_theme(browser)
        browser.screenshot(folder / "dark.png")
        check_phone(browser, page)
        browser.screenshot(folder / "phone.png")
        complaints = [text for text in browser.complaints() if "404" not in text]
        expect(not complaints, f"the browser complains: {complaints}")
    print(f"dashboard: all as expected; screenshots in {folder}")


def expect(holds, what):
    if not holds:
        sys.exit(f"dashboard: {what}")


def request(client, method, path, body=None, fields=None):
    client.request(method, path, body, fields or {})
    answer = client.getresponse()
    answer.read()
    return answer.status


def put(client, key, body, kind="text/plain"):
    path = "/cache/" + urllib.parse.quote(key, safe="")
    status = request(client, "PUT", path, body, {"Content-Type": kind})
    expect(status in (201, 204), f"PUT {key} answered {status}")


def fill(client):
    for number in range(60):
        put(client, f"user:{number}", f'{{"name":"user {number}","visits":{number * 7}}}',
            "application/json")
    put(client, "attack", ATTACK, "text/html")
    put(client, "<b>bold</b>", "a key with markup")
    put(client, "bytes", bytes(range(128, 160)), "application/octet-stream")


def load(client, browser):
    """Gives the charts something to show: some seconds of mixed requests."""
    samples = "Number(document.documentElement.dataset.samples || 0)"
    wanted = browser.evaluate(samples) + 8
    number = 0
    while browser.evaluate(samples) < wanted:
        for _ in range(40 + number % 7 * 25):
            number += 1
            if number % 5 == 0:
                put(client, f"load:{number % 400}", "x" * (number % 900))
            else:
                key = f"user:{number % 60}" if number % 9 else f"none:{number}"
                request(client, "GET", f"/cache/{key}")
        time.sleep(0.05)


def show(browser, page, width, height, theme):
    browser.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
        mobile=width < 600)
    browser.call(
        "Emulation.setEmulatedMedia",
        features=[{"name": "prefers-color-scheme", "value": theme}])
    browser.call("Page.navigate", url=page)
    browser.wait_for("document.querySelector('#status')?.dataset.state === 'ready'")
    theme_shown = browser.evaluate("document.documentElement.dataset.theme")
    expect(theme_shown == theme, f"the theme is {theme_shown} where {theme} is preferred")


def text_of(browser, selector):
    return browser.evaluate(f"document.querySelector({selector!r})?.innerText ?? ''")


def check_headers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    answer = connection.getresponse()
    body = answer.read().decode()
    policy = answer.getheader("Content-Security-Policy") or ""
    expect("default-src 'none'" in policy and "script-src 'self'" in policy
           and "frame-ancestors 'none'" in policy and "unsafe" not in policy,
           f"the policy is {policy!r}")
    expect(answer.getheader("X-Content-Type-Options") == "nosniff", "no nosniff")
    for outside in ("http://", "https://", "<script>", "style="):
        expect(outside not in body, f"the page holds {outside}")


def check_figures(browser):
    tiles = text_of(browser, "#tiles")
    for title in ("Requests", "Hit ratio", "Latency p99", "Entries", "Memory", "Disk"):
        expect(title in tiles, f"no tile {title}")
    expect("–" not in tiles, f"a tile knows nothing: {tiles!r}")
    lines = browser.evaluate("document.querySelectorAll('.chart path:not(.area)').length")
    drawn = browser.evaluate(
        "[...document.querySelectorAll('.chart path')].filter((p) => p.getTotalLength() > 20).length")
    expect(lines >= 20 and drawn >= 20, f"{lines} lines, {drawn} paths drawn")
    expect("primary" in text_of(browser, "#nodes"), "the node does not list itself")
    expect(not browser.evaluate("document.querySelector('#search-panel').hidden"),
           "there is search and no box for it")


def submit(browser, text, button):
    browser.evaluate(
        f"document.querySelector('#entry').replaceChildren();"
        f"document.querySelector('#key').value = {text!r};"
        f"document.querySelector('#browse-form button[value={button}]').click()")


def check_search(browser):
    browser.evaluate("document.querySelector('#search').value = 'visits:[49 TO 49]';"
                     "document.querySelector('#search-form button').click()")
    browser.wait_for("document.querySelector('#search-results')?.textContent.includes('user:7')")


def check_browsing(browser):
    submit(browser, "user:", "list")
    browser.wait_for("document.querySelectorAll('#keys button').length >= 50")
    browser.evaluate("document.querySelector('#keys .more')?.click()")
    browser.wait_for("document.querySelectorAll('#keys .key').length === 60")
    submit(browser, "user:7", "open")
    browser.wait_for("document.querySelector('#entry pre')?.textContent.includes('\"visits\": 49')")
    expect("application/json" in text_of(browser, "#entry .meta"), "no content type")
    submit(browser, "no such key", "open")
    browser.wait_for("document.querySelector('#entry .note')?.textContent.includes('no entry')")
    submit(browser, "bytes", "open")
    browser.wait_for("document.querySelector('#entry .meta')?.textContent.includes('base64')")


def check_attack(browser):
    submit(browser, "<b>", "list")
    browser.wait_for("document.querySelector('#keys .key')?.textContent === '<b>bold</b>'")
    submit(browser, "attack", "open")
    browser.wait_for(f"document.querySelector('#entry pre')?.textContent === {ATTACK!r}")
    expect(browser.evaluate("document.querySelectorAll('#entry img, #keys b').length") == 0,
           "what a client stored became markup")
    expect(browser.evaluate("document.title") == "DCS", "what a client stored ran")


def toggle_theme(browser):
    browser.evaluate("document.querySelector('#theme').click()")
    expect(browser.evaluate("document.documentElement.dataset.theme") == "dark", "not dark")


def check_phone(browser, page):
    browser.evaluate("localStorage.clear()")
    show(browser, page, 390, 844, "dark")
    browser.wait_for("document.querySelectorAll('.chart path').length > 0")
    wide = browser.evaluate("document.documentElement.scrollWidth - innerWidth")
    expect(wide <= 0, f"the page is {wide} px wider than a phone")
    small = browser.evaluate(
        "[...document.querySelectorAll('button, input')].filter((e) => e.offsetParent"
        " && e.getBoundingClientRect().height < 36).length")
    expect(small == 0, f"{small} controls are too small for a finger")


if __name__ == "__main__":
    main()
