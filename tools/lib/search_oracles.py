#!/usr/bin/env python3
"""Compares full-text search with others: match sets with SQLite's FTS5, scores with bm25s.

Arguments: the program `dcs-bench`, and how many random queries. `DCS_SEED` repeats a run.
"""

import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile

import bm25s
import numpy

VOCABULARY = [a + b + "x" for a in "abcdefg" for b in "hijklmn"]
DOCUMENTS = 1500
LONGEST = 25
TOLERANCE = 1e-4


def word(source):
    """The first words are the most frequent."""
    bound = len(VOCABULARY)
    return VOCABULARY[min(source.randrange(bound), source.randrange(bound))]


def leaf(source):
    """A query without operators: ours, and FTS5's."""
    kind = source.randrange(6)
    if kind == 0:
        text = f'"{word(source)} {word(source)}"'
        return text, text
    if kind == 1:
        words, slop = source.sample(VOCABULARY[:25], source.randint(2, 3)), source.randint(1, 6)
        # FTS5 counts the query's own words in between too.
        near = slop + len(words) - 2
        return f'"{" ".join(words)}"~{slop}', f'NEAR({" ".join(words)}, {near})'
    if kind == 2:
        prefix = word(source)[:2]
        return prefix + "*", f'"{prefix}"*'
    text = word(source)
    return text, text


def query(source, depth=3):
    if depth == 0 or source.random() < 0.25:
        return leaf(source)
    operator = source.choice(["AND", "OR", "NOT"])
    (left, their_left), (right, their_right) = query(source, depth - 1), query(source, depth - 1)
    ours = "AND NOT" if operator == "NOT" else operator
    return f"({left}) {ours} ({right})", f"({their_left}) {operator} ({their_right})"


def answers(program, folder, documents, queries, limit):
    """For each query the set of documents with their scores, and the total."""
    corpus, asked = folder / "corpus", folder / "queries"
    corpus.write_text("\n".join(" ".join(words) for words in documents) + "\n")
    asked.write_text("\n".join(queries) + "\n")
    run = subprocess.run(
        [program, "search", corpus, "--queries", asked, "--language", "none", "--answers",
         "--limit", str(limit)], check=True, stdout=subprocess.PIPE, text=True)
    for line in run.stdout.splitlines()[1:]:
        total, *hits = line.split()
        yield int(total), {int(a): float(b) for a, b in (hit.split(":") for hit in hits)}


def check_sets(program, folder, source, documents, count):
    table = sqlite3.connect(":memory:")
    table.execute("create virtual table t using fts5(body)")
    table.executemany(
        "insert into t(rowid, body) values (?, ?)",
        ((number, " ".join(words)) for number, words in enumerate(documents)))
    pairs = [query(source) for _ in range(count)]
    different = 0
    found = answers(program, folder, documents, [ours for ours, _ in pairs], len(documents))
    for (ours, theirs), (total, hits) in zip(pairs, found, strict=True):
        rows = {row for row, in table.execute("select rowid from t where t match ?", (theirs,))}
        if rows != set(hits) or total != len(rows):
            different += 1
            print(f"differs: {ours}\n  FTS5 {theirs}: {len(rows)}, ours {total}")
    print(f"FTS5 {sqlite3.sqlite_version}: {count:,} queries, {different} differ")
    return different


def check_scores(program, folder, source, documents, count):
    retriever = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    retriever.index(documents, show_progress=False)
    asked = [[word(source) for _ in range(source.randint(1, 5))] for _ in range(count)]
    asked = [list(dict.fromkeys(words)) for words in asked]
    different = 0
    found = answers(
        program, folder, documents, [" ".join(words) for words in asked], len(documents))
    for words, (_, hits) in zip(asked, found, strict=True):
        ours = numpy.zeros(len(documents))
        for number, score in hits.items():
            ours[number] = score
        distance = numpy.abs(ours - retriever.get_scores(words)).max()
        if distance > TOLERANCE:
            different += 1
            print(f"differs by {distance}: {words}")
    print(f"bm25s {bm25s.__version__}: {count:,} queries, {different} differ")
    return different


def main():
    program, count = sys.argv[1], int(sys.argv[2])
    seed = int(os.environ.get("DCS_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed}")
    source = random.Random(seed)
    documents = [[word(source) for _ in range(source.randint(1, LONGEST))]
                 for _ in range(DOCUMENTS)]
    with tempfile.TemporaryDirectory(prefix="dcs-search-") as name:
        folder = pathlib.Path(name)
        different = check_sets(program, folder, source, documents, count)
        different += check_scores(program, folder, source, documents, max(count // 10, 1))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
