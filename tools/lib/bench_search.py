#!/usr/bin/env python3
"""Measures full-text search beside tantivy: indexing, size, and queries; medians of rounds.

Two corpora: the descriptions of all Debian packages, and generated documents whose words are
distributed as in a language (Zipf). Both sides index with positions and the English stemmer, with
one thread, keep no texts, and are asked for ten hits; parsing the query counts. tantivy is not
asked for totals, which is faster for it; ours counts up to its bound of 1000.
"""

import argparse
import bisect
import itertools
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

import tantivy

import bench_results

KINDS = ["term", "and", "or", "phrase"]


def debian():
    documents, name, in_description = {}, None, False
    run = subprocess.run(["apt-cache", "dumpavail"], check=True, stdout=subprocess.PIPE, text=True)
    for line in run.stdout.splitlines():
        if line.startswith(" "):
            if in_description:
                documents[name] += line
            continue
        in_description = line.startswith(("Description: ", "Description-en: "))
        if line.startswith("Package: "):
            name = line.split(": ", 1)[1]
        elif in_description:
            documents[name] = f"{name} {line.split(': ', 1)[1]}"
    return list(documents.values())


def zipf(count, source):
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(100_000)))

    def spelled(rank):
        letters, rest = "", rank + 7
        while rest:
            letters, rest = letters + chr(97 + rest % 26), rest // 26
        return letters + "o"

    words = [spelled(rank) for rank in range(len(weights))]

    def word():
        return words[bisect.bisect(weights, source.random() * weights[-1])]

    return [" ".join(word() for _ in range(source.randint(20, 60))) for _ in range(count)]


def queries(documents, source, count):
    """For each kind queries of words that occur, frequent ones more often."""
    split = [words for words in (re.findall("[a-z0-9]+", text.lower()) for text in documents)
             if len(words) > 6]

    def word():
        return source.choice(source.choice(split))

    def pair():
        words = source.choice(split)
        place = source.randrange(len(words) - 1)
        return " ".join(words[place : place + 2])

    return {
        "term": [word() for _ in range(count)],
        "and": [" AND ".join(source.sample(source.choice(split), source.randint(2, 5)))
                for _ in range(count)],
        "or": [" OR ".join(word() for _ in range(source.randint(2, 5))) for _ in range(count)],
        "phrase": [f'"{pair()}"' for _ in range(count)],
    }


class Ours:
    name = "DCS"

    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def measure(self, documents, asked, repeats):
        corpus, file = self.folder / "corpus", self.folder / "queries"
        corpus.write_text("\n".join(documents) + "\n")
        file.write_text("\n".join(text for kind in KINDS for text in asked[kind]) + "\n")
        run = subprocess.run(
            [self.program, "search", corpus, "--queries", file, "--builds", "2", "--repeats",
             str(repeats)], check=True, stdout=subprocess.PIPE, text=True)
        index, *times = run.stdout.splitlines()
        seconds, size, *_ = (float(field) for field in index.split())
        times = iter(float(time) / 1000 for time in times)
        return seconds, size, {kind: [next(times) for _ in asked[kind]] for kind in KINDS}


class Tantivy:
    name = "tantivy"
    version = tantivy.__version__.split(",")[0]

    def __init__(self, folder):
        self.folder = folder

    def measure(self, documents, asked, repeats):
        builder = tantivy.SchemaBuilder()
        builder.add_text_field(
            "body", stored=False, tokenizer_name="en_stem", index_option="position")
        schema = builder.build()
        best = float("inf")
        for _ in range(2):
            with tempfile.TemporaryDirectory(dir=self.folder) as path:
                index = tantivy.Index(schema, path=path)
                writer = index.writer(heap_size=1_000_000_000, num_threads=1)
                prepared = [tantivy.Document(body=text) for text in documents]
                start = time.perf_counter()
                for document in prepared:
                    writer.add_document(document)
                writer.commit()
                writer.wait_merging_threads()
                best = min(best, time.perf_counter() - start)
                size = sum(file.stat().st_size for file in pathlib.Path(path).iterdir())
                index.reload()
                times = self.ask(index, asked, repeats)
        return best, size, times

    @staticmethod
    def ask(index, asked, repeats):
        searcher = index.searcher()

        def median(text):
            times = []
            for _ in range(repeats):
                start = time.perf_counter_ns()
                searcher.search(index.parse_query(text, ["body"]), 10, count=False)
                times.append((time.perf_counter_ns() - start) / 1000)
            return statistics.median(times)

        return {kind: [median(text) for text in asked[kind]] for kind in KINDS}


def percentile(times, share):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def figures(documents, measured):
    seconds, size, times = measured
    text = sum(len(document.encode()) for document in documents)
    rows = {"documents/s": len(documents) / seconds, "index bytes/text byte": size / text}
    for kind in KINDS:
        rows[f"{kind} p50, µs"] = percentile(times[kind], 0.5)
        rows[f"{kind} p99, µs"] = percentile(times[kind], 0.99)
    return rows


def compare(title, documents, sides, options, source):
    asked = queries(documents, source, options.queries)
    rounds = {side.name: [] for side in sides}
    for number in range(options.rounds):
        for side in sides:
            measured = side.measure(documents, asked, options.repeats)
            rounds[side.name].append(figures(documents, measured))
        print(f"{title}: round {number + 1} of {options.rounds}", file=sys.stderr)
    for row in rounds[sides[0].name][0]:
        kind, unit = row.rsplit(", ", 1) if ", " in row else ("index size", row)
        more = row == "documents/s"
        yield bench_results.Figure(
            f"{title}: {'indexing' if more else kind}", unit, "more" if more else "less",
            {name: [figures[row] for figures in values] for name, values in rounds.items()},
            [bench_results.Target(1, sides[1].name)])


def main():
    parser = argparse.ArgumentParser(prog="tools/bench search", description=__doc__)
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="one round, a tenth of everything")
    parser.add_argument("--rounds", type=int, default=5)
    bench_results.add_options(parser)
    options = parser.parse_args()
    options.queries, options.repeats, count = 300, 7, 200_000
    if options.quick:
        options.rounds, options.queries, count = 1, 100, 20_000
    source = random.Random(5)
    section = bench_results.Section(
        "search", "Full-text search", f"tools/bench search --rounds {options.rounds}",
        f"{options.rounds} interleaved rounds, one thread each, medians: the descriptions of all "
        f"Debian packages, and {count:,} generated documents whose words are distributed as in a "
        "language (Zipf). tantivy is not asked for totals; ours are exact up to 1000.",
        quick=options.quick)
    with tempfile.TemporaryDirectory(prefix="dcs-bench-search-") as name:
        folder = pathlib.Path(name)
        sides = [Ours(os.path.abspath(options.program), folder), Tantivy(folder)]
        for title, documents in (("Debian", debian()), ("Zipf", zipf(count, source))):
            section.figures += compare(title, documents, sides, options, source)
    section.versions = [Tantivy.version]
    bench_results.report(section.ended(), options)


if __name__ == "__main__":
    main()
