"""Swift source without its comments and texts, for checks that look at code alone."""

import pathlib


def blank(text):
    """Replaces comments and the content of string literals by blanks; line ends stay."""
    out, index, end = [], 0, len(text)
    while index < end:
        length = _literal(text, index)
        if length:
            out.append("".join(c if c == "\n" else " " for c in text[index : index + length]))
            index += length
        else:
            out.append(text[index])
            index += 1
    return "".join(out)


def _literal(text, start):
    """The length of the comment or string that begins at `start`; 0 where none does."""
    if text.startswith("//", start):
        return _until(text, start, "\n", 2)
    if text.startswith("/*", start):
        return _block_comment(text, start)
    hashes = 0
    while text.startswith("#", start + hashes):
        hashes += 1
    if not text.startswith('"', start + hashes):
        return 0
    quote = '"""' if text.startswith('"""', start + hashes) else '"'
    return _string(text, start, start + hashes + len(quote), quote + "#" * hashes, "\\" + "#" * hashes)


def _string(text, start, index, closing, escape):
    while index < len(text) and not text.startswith(closing, index):
        if text.startswith(escape + "(", index):
            index = _interpolation(text, index + len(escape) + 1)
        elif text.startswith(escape, index):
            index += len(escape) + 1
        else:
            index += 1
    return index + len(closing) - start


def _interpolation(text, index):
    """The index after the parenthesis that closes an interpolation."""
    depth = 1
    while index < len(text) and depth:
        length = _literal(text, index)
        if not length:
            depth += {"(": 1, ")": -1}.get(text[index], 0)
        index += length or 1
    return index


def _until(text, start, mark, offset):
    found = text.find(mark, start + offset)
    return (len(text) if found < 0 else found) - start


def _block_comment(text, start):
    depth, index = 1, start + 2
    while index < len(text) and depth:
        if text.startswith("/*", index):
            depth, index = depth + 1, index + 2
        elif text.startswith("*/", index):
            depth, index = depth - 1, index + 2
        else:
            index += 1
    return index - start


def files(root, *folders):
    """Every Swift file under the folders, sorted, with its path from the root."""
    for folder in folders:
        for path in sorted(pathlib.Path(root, folder).rglob("*.swift")):
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def rules(root, name):
    """The lines of a rule file, without comments and empty ones."""
    for line in pathlib.Path(root, "tools/rules", name).read_text(encoding="utf-8").splitlines():
        content = line.split("#")[0].strip()
        if content:
            yield content
