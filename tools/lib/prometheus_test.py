#!/usr/bin/env python3
"""Asks a Prometheus that scrapes a node: prometheus_test.py DATA_PORT PROMETHEUS_PORT DEPLOY."""

import http.client
import json
import pathlib
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SECONDS_MAX = 60
ENTRIES = 25


def main():
    data_port, prometheus_port, deploy = sys.argv[1:]
    fill(int(data_port))
    base = f"http://127.0.0.1:{prometheus_port}/api/v1/"
    wait_for(base, 'up{job="dcs"}', "1")
    wait_for(base, "dcs_entries", str(ENTRIES))
    wait_for(base, 'dcs_request_duration_seconds_count{operation="put"}', str(ENTRIES))
    wait_for(base, 'sum(dcs_requests_refused_total{reason="unknown_path"})', "1")
    names = metric_names(base)
    check_rules(base)
    check_expressions(names, deploy, base)
    print(f"prometheus: {len(names)} metrics scraped, alerts loaded, every panel answered")


def fill(port):
    client = http.client.HTTPConnection("127.0.0.1", port)
    for number in range(ENTRIES):
        client.request("PUT", f"/cache/key-{number}", b"value")
        client.getresponse().read()
    client.request("GET", "/nothing")
    client.getresponse().read()


def ask(base, path, **parameters):
    with urllib.request.urlopen(base + path + "?" + urllib.parse.urlencode(parameters)) as answer:
        document = json.load(answer)
    if document["status"] != "success":
        sys.exit(f"prometheus: {path} {parameters}: {document}")
    return document["data"]


def wait_for(base, query, wanted):
    """Waits until a query has the wanted value."""
    end = time.monotonic() + SECONDS_MAX
    seen = None
    while time.monotonic() < end:
        try:
            seen = [row["value"][1] for row in ask(base, "query", query=query)["result"]]
        except (urllib.error.URLError, ConnectionError) as error:
            seen = error
        if seen == [wanted]:
            return
        time.sleep(0.2)
    sys.exit(f"prometheus: {query} is {seen}, not {wanted}")


def metric_names(base):
    return set(ask(base, "label/__name__/values"))


def check_rules(base):
    groups = ask(base, "rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    bad = [rule["name"] for rule in rules if rule["health"] == "err"]
    if len(rules) < 10 or bad:
        sys.exit(f"prometheus: {len(rules)} rules, bad: {bad}")


def check_expressions(names, deploy, base):
    """Everything that alerts and panels ask for is there, and each panel's query is one."""
    folder = pathlib.Path(deploy)
    dashboard = json.loads((folder / "grafana.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    text = (folder / "dcs.rules.yml").read_text() + "\n".join(queries)
    # The certificate's end is there only where one is configured.
    optional = {"dcs_certificate_expiry_timestamp_seconds"}
    missing = set(re.findall(r"\b(?:dcs|process)_[a-z_]+\b", text)) - names - optional
    if missing:
        sys.exit(f"prometheus: nobody writes {sorted(missing)}")
    for query in queries:
        query = query.replace("$__rate_interval", "1m").replace("$instance", ".*")
        ask(base, "query", query=query)


if __name__ == "__main__":
    main()
