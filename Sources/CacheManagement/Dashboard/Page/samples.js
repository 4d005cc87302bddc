// Samples of counters, and what two of them say of the time between.

// Upper bounds of the histograms' buckets in seconds, as the metrics have them.
const bounds = [
  50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3,
  0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

export class Samples {
  constructor(kept) {
    this.kept = kept;
    this.rows = [];
    this.last = null;
  }

  /** Adds the figures of a moment; `seconds` is the time since the sample before. */
  add(figures, seconds) {
    this.rows.push(row(figures, this.last, seconds));
    if (this.rows.length > this.kept) this.rows.shift();
    this.last = figures;
    this.rows.forEach((each, index) => {
      each.age = Math.round((this.rows.length - 1 - index) * seconds);
    });
  }
}

function row(now, before, seconds) {
  const isKnown = now.entries !== undefined;
  const hasRates = isKnown && before?.entries !== undefined
    && now.uptime_seconds >= before.uptime_seconds;
  // A rate of a counter that lies at `pick`; unknown where there are no two samples of one run.
  const rate = (pick) => (hasRates ? Math.max(0, pick(now) - pick(before)) / seconds : null);
  const value = (pick) => (isKnown ? pick(now) : null);
  const delta = (pick) =>
    (hasRates ? pick(now).map((events, index) => events - pick(before)[index]) : null);
  const operations = (...names) => (figures) =>
    names.reduce((sum, name) => sum + figures.data_plane.requests[name], 0);
  const reads = hasRates ? now.hits + now.misses - before.hits - before.misses : 0;
  const requests = delta((figures) => figures.data_plane.request_times);
  const syncs = delta((figures) => figures.sync_times);
  return {
    reads: rate(operations("get")),
    writes: rate(operations("put", "delete")),
    batches: rate(operations("batch", "transaction")),
    searches: rate(operations("search")),
    refused: rate((figures) => figures.data_plane.refused),
    hitRatio: reads > 0 ? (now.hits - before.hits) / reads : null,
    median: quantile(requests, 0.5),
    p99: quantile(requests, 0.99),
    p999: quantile(requests, 0.999),
    sync99: quantile(syncs, 0.99),
    syncs: rate((figures) => figures.wal.syncs),
    index: value((figures) => figures.memory.index_bytes),
    hot: value((figures) => figures.memory.hot_bytes),
    memory: value((figures) => figures.memory.used_bytes),
    live: value((figures) => Math.min(figures.disk.live_bytes, figures.disk.used_bytes)),
    dead: value((figures) => Math.max(0, figures.disk.used_bytes - figures.disk.live_bytes)),
    backlog: value((figures) => figures.wal.backlog_bytes),
    appended: rate((figures) => figures.wal.appended_bytes),
    flushed: rate((figures) => figures.flush.written_bytes),
    compacted: rate((figures) => figures.compaction.written_bytes),
    evictions: rate((figures) => figures.evictions),
    expirations: rate((figures) => figures.expirations),
    connections: value((figures) => figures.data_plane.connections),
    transactions: value((figures) => figures.transactions.open),
    received: rate((figures) => figures.data_plane.received_bytes),
    sent: rate((figures) => figures.data_plane.sent_bytes),
    age: 0,
  };
}

/** The time under which that share of the events lies, as exactly as the buckets tell. */
export function quantile(buckets, share) {
  const count = buckets?.reduce((sum, events) => sum + events, 0) ?? 0;
  if (count === 0) return null;
  let rest = share * count;
  for (const [index, events] of buckets.entries()) {
    if (events >= rest) {
      const low = index === 0 ? 0 : bounds[index - 1];
      const high = bounds[index] ?? low;
      return low + (high - low) * (rest / events);
    }
    rest -= events;
  }
  return bounds.at(-1);
}
