"""What every key may hold, given what was sent and what was answered.

A write is one *attempt*: acknowledged, refused, or open for as long as nobody knows. After a crash a
key holds its last acknowledged state or that of an attempt begun since; the keys of one attempt are
changed together or not at all; and there is nothing that was never written.
"""


class Failed:
    """The answer to a read that is an error: neither a value nor a miss."""

    def __init__(self, status, kind=""):
        self.status, self.kind = status, kind

    def __repr__(self):
        return f"error {self.status} {self.kind}".strip()


class State:
    """A value, or None for absence, and between which moments it ends by itself."""

    def __init__(self, value, ends=None):
        self.value, self.ends = value, ends

    def may_be_gone(self, until):
        return self.value is None or self.ends is not None and self.ends[0] <= until

    def may_be_there(self, since):
        return self.value is not None and (self.ends is None or since <= self.ends[1])


class Attempt:
    """Writes of one request: applied together or not at all."""

    def __init__(self, states):
        self.states = states


class Oracle:
    def __init__(self):
        self._certain = {}
        self._open = {}

    @property
    def keys(self):
        """Every key that was ever written."""
        return sorted(set(self._certain) | set(self._open))

    @property
    def open_keys(self):
        """Keys of which nobody knows whether their last write was applied."""
        return {key for key, attempts in self._open.items() if attempts}

    @property
    def open_attempts(self):
        """Attempts whose outcome nobody knows, each once."""
        return list({id(one): one for attempts in self._open.values() for one in attempts}.values())

    def begin(self, values, ends=None):
        """An attempt to give each key its value (None deletes). `ends`: see `State`."""
        attempt = Attempt({key: State(value, ends) for key, value in values.items()})
        for key in attempt.states:
            self._open.setdefault(key, []).append(attempt)
        return attempt

    def acknowledged(self, attempt, ends=None):
        """The attempt was applied; what was begun before it cannot show any more."""
        for key, state in attempt.states.items():
            attempts = self._open.get(key, [])
            if attempt in attempts:
                del attempts[: attempts.index(attempt) + 1]
            if ends is not None:
                state.ends = ends
            self._certain[key] = state

    def refused(self, attempt):
        """The attempt was not applied, and never will be."""
        for key in attempt.states:
            if attempt in self._open.get(key, []):
                self._open[key].remove(attempt)

    def expected(self, key):
        """The acknowledged value; None where there is none."""
        state = self._certain.get(key)
        return state.value if state else None

    def judge(self, found, since=0.0, until=0.0, may_fail=False):
        """Compares what was read between two moments with what may be.

        `found` maps keys to a value, None, or `Failed`, which is right only where `may_fail` is True
        or has the key.
        Returns a line for each difference. What is not different is certain from then on: a second
        look must find it again.
        """
        differences = []
        for key, value in found.items():
            difference = self._judge_key(key, value, since, until, may_fail)
            if difference:
                differences.append(difference)
        differences += self._judge_attempts(found)
        if not differences:
            self._settle(found)
        return differences

    def _judge_key(self, key, value, since, until, may_fail):
        if isinstance(value, Failed):
            allowed = may_fail if isinstance(may_fail, bool) else key in may_fail
            return None if allowed else f"{key}: {value}"
        certain = self._certain.get(key, State(None))
        states = [certain] + [one.states[key] for one in self._open.get(key, [])]
        if value is None:
            if any(state.may_be_gone(until) for state in states):
                return None
            return f"{key}: absent, though {short(certain.value)} was acknowledged"
        same = [state for state in states if state.value == value]
        if any(state.may_be_there(since) for state in same):
            return None
        if same:
            return f"{key}: {short(value)} came back after its end"
        return f"{key}: {short(value)}, which is not what it was last given: {short(certain.value)}"

    def _judge_attempts(self, found):
        """Those whose outcome is open show in all of their keys or in none."""
        for attempt in self.open_attempts:
            keys = [key for key in attempt.states if not isinstance(found.get(key), Failed)]
            if len(keys) < 2 or any(key not in found for key in keys):
                continue
            shown = sum(found[key] == attempt.states[key].value for key in keys)
            if 0 < shown < len(keys):
                yield f"{keys[0]} and others: {shown} of {len(keys)} writes of one batch"

    def _settle(self, found):
        for key, value in found.items():
            if isinstance(value, Failed):
                continue
            states = [self._certain.get(key, State(None))]
            states += [one.states[key] for one in self._open.pop(key, [])]
            same = [state for state in states if state.value == value]
            self._certain[key] = same[-1] if same else State(None)


def short(value):
    if value is None:
        return "nothing"
    text = value[:40].decode("utf-8", errors="replace")
    return repr(text) + ("…" if len(value) > 40 else "")
