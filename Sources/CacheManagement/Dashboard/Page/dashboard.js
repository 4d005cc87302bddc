// The page: follows the node's feed, shows the figures of now in tiles and those of the last
// minutes in charts.

import { connectBrowser } from "./browse.js";
import { Chart, element } from "./chart.js";
import { amount, bytes, count, percent, seconds, span } from "./format.js";
import { follow, setToken, TokenNeeded } from "./node.js";
import { Samples } from "./samples.js";

const find = (id) => document.getElementById(id);
const perSecond = (format) => (value) => (value === null ? "–" : `${format(value)}/s`);
const series = (...pairs) => pairs.map(([name, key]) => ({ name, value: (row) => row[key] }));

const charts = [
  new Chart("Requests", {
    series: series(["reads", "reads"], ["writes", "writes"], ["batches", "batches"],
      ["refused", "refused"]),
    format: perSecond(count), ceiling: 1,
  }),
  new Chart("Latency", {
    series: series(["p50", "median"], ["p99", "p99"], ["p99.9", "p999"]), format: seconds,
    ceiling: 1e-4,
  }),
  new Chart("Hit ratio", {
    series: series(["hits", "hitRatio"]), format: percent, ceiling: 1,
  }),
  new Chart("Memory", {
    series: series(["process", "memory"], ["values", "hot"], ["index", "index"]), format: bytes,
  }),
  new Chart("Disk", {
    series: series(["live", "live"], ["dead", "dead"]), format: bytes, isStacked: true,
    ceiling: 1024,
  }),
  new Chart("Removed", {
    series: series(["evicted", "evictions"], ["expired", "expirations"]),
    format: perSecond(count), ceiling: 1,
  }),
  new Chart("Written to disk", {
    series: series(["log", "appended"], ["flush", "flushed"], ["compaction", "compacted"]),
    format: perSecond(bytes), ceiling: 1024,
  }),
  new Chart("Log to be packed", {
    series: series(["backlog", "backlog"]), format: bytes, ceiling: 1024,
  }),
  new Chart("Sync of the log", {
    series: series(["p99", "sync99"]), format: seconds, ceiling: 1e-3,
  }),
  new Chart("Network", {
    series: series(["in", "received"], ["out", "sent"]), format: perSecond(bytes), ceiling: 1024,
  }),
  new Chart("Connections", {
    series: series(["open", "connections"]), format: count, ceiling: 1,
  }),
  new Chart("Transactions", {
    series: series(["open", "transactions"]), format: count, ceiling: 1,
  }),
];
find("charts").append(...charts.map((chart) => chart.element));

/** A tile: a title, a large number, a line below, and maybe a meter. */
function tile(title, hasMeter = false) {
  const box = element("article", "tile");
  const number = element("b", "", "–");
  const detail = element("small", "", "\u00a0");
  box.append(element("h2", "", title), number, detail);
  const level = element("i");
  if (hasMeter) {
    const meter = element("div", "meter");
    meter.append(level);
    box.append(meter);
  }
  find("tiles").append(box);
  return (text, below, share = 0) => {
    number.textContent = text;
    detail.textContent = below;
    level.style.width = `${Math.min(100, share * 100)}%`;
    level.dataset.level = share > 0.95 ? "high" : "";
  };
}

const tiles = {
  requests: tile("Requests"), hits: tile("Hit ratio"), latency: tile("Latency p99"),
  entries: tile("Entries"), memory: tile("Memory", true), disk: tile("Disk", true),
};

function showNow(now, row) {
  find("status").dataset.state = now.unready.length ? "unready" : "ready";
  find("status").textContent = now.unready.join(" ") || "Ready";
  if (now.entries === undefined) return;
  const requests = ["reads", "writes", "batches", "searches"]
    .reduce((sum, key) => (row[key] === null ? sum : sum + row[key]), 0);
  tiles.requests(`${count(requests)}/s`, amount(now.data_plane.connections, "connection"));
  const sinceStart = now.hits + now.misses > 0 ? now.hit_ratio : null;
  tiles.hits(percent(row.hitRatio ?? sinceStart), `${percent(sinceStart)} since the start`);
  tiles.latency(seconds(row.p99), `p50 ${seconds(row.median)}`);
  const open = now.transactions.open;
  tiles.entries(count(now.entries), open ? amount(open, "open transaction") : "live");
  const { memory, disk } = now;
  tiles.memory(
    bytes(memory.used_bytes), `of ${bytes(memory.max_bytes)}`, memory.used_bytes / memory.max_bytes);
  tiles.disk(
    bytes(disk.used_bytes), `of ${bytes(disk.max_bytes)}, ${amount(disk.segments, "segment")}`,
    disk.used_bytes / disk.max_bytes);
  showNodes(now.nodes.nodes);
  const amplification = now.compaction.write_amplification.toFixed(2);
  find("footer").textContent = `Version ${now.version} · up ${span(now.uptime_seconds)} · `
    + `record ${now.last_lsn} · write amplification ${amplification}`;
}

function showNodes(nodes) {
  find("address").textContent = nodes[0]?.address ?? "";
  find("nodes").replaceChildren(...nodes.map((node) => {
    const row = element("tr");
    const cells = [node.id.slice(0, 8), node.address, node.state, node.role, bytes(node.lag_bytes)];
    row.append(...cells.map((text) => element("td", "", text)));
    return row;
  }));
}

let samples = new Samples(150);
let period = 2;

function receive(name, data) {
  if (name === "history") {
    samples = new Samples(150);
    period = data.milliseconds / 1000;
    find("search-panel").hidden = !data.search;
    for (const sample of data.samples) samples.add(sample, period);
  } else {
    samples.add(data, period);
  }
  if (!samples.last) return;
  showNow(samples.last, samples.rows.at(-1));
  for (const chart of charts) chart.show(samples.rows);
  document.documentElement.dataset.samples = samples.rows.length;
}

function needToken() {
  find("token-form").hidden = false;
  find("token").focus();
}

async function run() {
  for (;;) {
    try {
      await follow(receive);
    } catch (error) {
      if (error instanceof TokenNeeded) return needToken();
    }
    find("status").dataset.state = "lost";
    find("status").textContent = "No connection; trying again";
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

find("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(find("token").value.trim());
  find("token").value = "";
  find("token-form").hidden = true;
  run();
});

const dark = matchMedia("(prefers-color-scheme: dark)");
function showTheme() {
  const chosen = localStorage.getItem("dcs-theme");
  document.documentElement.dataset.theme = chosen ?? (dark.matches ? "dark" : "light");
}
find("theme").addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("dcs-theme", next);
  showTheme();
});
dark.addEventListener("change", showTheme);
showTheme();

connectBrowser(needToken);
run();
