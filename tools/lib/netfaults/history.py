"""What clients asked and were told, in one order, for `dcs-simulate history` to judge."""

import collections
import subprocess
import threading


class Call:
    """One request of one key, from its sending to what is known of it."""

    def __init__(self, client, key, action, value, rule, invoked, at):
        self.client, self.key, self.action, self.value, self.rule = client, key, action, value, rule
        self.invoked, self.at = invoked, at
        self.answer, self.returned = "unknown", None
        # Which node answered, by its own word, and when.
        self.node, self.answered_at = None, None

    @property
    def is_applied(self):
        return self.answer.startswith("applied")

    def line(self):
        value = "-" if self.value is None else self.value
        returned = "-" if self.returned is None else self.returned
        return (f"{self.client} {self.key} {self.action} {value} {self.rule} {self.answer} "
                f"{self.invoked} {returned}\n")


class History:
    def __init__(self):
        self.calls = []
        self._lock = threading.Lock()
        self._time = self._value = 0

    def new_value(self):
        with self._lock:
            self._value += 1
            return self._value

    def begin(self, client, key, action, at, value=None, rule="always"):
        with self._lock:
            self._time += 1
            call = Call(client, key, action, value, rule, self._time, at)
            self.calls.append(call)
            return call

    def end(self, call, answer, at, node=None):
        with self._lock:
            if answer != "unknown":
                self._time += 1
                call.returned = self._time
            call.answer, call.node, call.answered_at = answer, node, at

    def counts(self):
        with self._lock:
            return collections.Counter(call.answer.split(":")[0] for call in self.calls)

    def applied(self, holds=lambda call: True):
        with self._lock:
            return [call for call in self.calls if call.is_applied and holds(call)]

    def judge(self, checker):
        """Returns nothing where the answers can be explained, else why not."""
        with self._lock:
            text = "".join(call.line() for call in self.calls)
        done = subprocess.run([checker, "history"], input=text, capture_output=True, text=True)
        return None if done.returncode == 0 else (done.stdout + done.stderr).strip()

    def print_course(self):
        """What was answered in each second, by whom."""
        with self._lock:
            calls = list(self.calls)
        rows = collections.defaultdict(collections.Counter)
        for call in calls:
            if call.action != "read":
                end = call.answered_at or call.at
                label = call.answer.split(":")[0] + (f" by {call.node}" if call.node else "")
                rows[int(end - calls[0].at)][label] += 1
        for second, counts in sorted(rows.items()):
            print(f"    {second:3} s: " + ", ".join(f"{n} {what}" for what, n in sorted(counts.items())))
