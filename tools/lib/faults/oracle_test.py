#!/usr/bin/env python3
"""Tests of the oracle: it must find every kind of wrong answer, and pass every right one."""

import unittest

from oracle import Failed, Oracle


class OracleTest(unittest.TestCase):
    def setUp(self):
        self.oracle = Oracle()

    def put(self, **values):
        self.oracle.acknowledged(self.oracle.begin(values))

    def differs(self, found, **times):
        return len(self.oracle.judge(found, **times)) > 0

    def test_what_was_acknowledged_must_be_there(self):
        self.put(a=b"1")
        self.assertFalse(self.differs({"a": b"1"}))
        self.assertTrue(self.differs({"a": None}))

    def test_an_older_value_must_not_come_back(self):
        self.put(a=b"1")
        self.put(a=b"2")
        self.assertTrue(self.differs({"a": b"1"}))

    def test_a_deleted_key_must_not_come_back(self):
        self.put(a=b"1")
        self.put(a=None)
        self.assertFalse(self.differs({"a": None}))
        self.assertTrue(self.differs({"a": b"1"}))

    def test_a_wrong_byte_or_half_a_value_differs(self):
        self.put(a=b"12345678")
        for wrong in (b"12345679", b"1234", b"", b"12345678\0"):
            self.assertTrue(self.differs({"a": wrong}), wrong)

    def test_what_was_never_written_must_not_appear(self):
        self.assertFalse(self.differs({"a": None}))
        self.assertTrue(self.differs({"a": b"1"}))

    def test_an_open_write_is_there_or_not_and_stays_so(self):
        self.put(a=b"1")
        self.oracle.begin({"a": b"2"})
        self.assertTrue(self.differs({"a": None}))
        self.assertTrue(self.differs({"a": b"3"}))
        self.assertFalse(self.differs({"a": b"2"}))
        self.assertTrue(self.differs({"a": b"1"}))

    def test_an_open_write_that_did_not_show_must_not_show_later(self):
        self.put(a=b"1")
        self.oracle.begin({"a": b"2"})
        self.assertFalse(self.differs({"a": b"1"}))
        self.assertTrue(self.differs({"a": b"2"}))

    def test_a_refused_write_must_not_show(self):
        self.put(a=b"1")
        self.oracle.refused(self.oracle.begin({"a": b"2"}))
        self.assertTrue(self.differs({"a": b"2"}))
        self.assertFalse(self.differs({"a": b"1"}))

    def test_an_acknowledgement_ends_what_was_open_before(self):
        self.oracle.begin({"a": b"1"})
        self.put(a=b"2")
        self.assertTrue(self.differs({"a": b"1"}))
        self.assertFalse(self.differs({"a": b"2"}))

    def test_half_a_batch_differs(self):
        self.put(a=b"1", b=b"1")
        self.oracle.begin({"a": b"2", "b": b"2"})
        self.assertTrue(self.differs({"a": b"2", "b": b"1"}))
        self.assertFalse(self.differs({"a": b"2", "b": b"2"}))
        self.assertTrue(self.differs({"a": b"2", "b": b"1"}))

    def test_an_entry_ends_at_its_time_and_does_not_come_back(self):
        self.oracle.acknowledged(self.oracle.begin({"a": b"1"}), ends=(10.0, 11.0))
        self.assertTrue(self.differs({"a": None}, since=8.0, until=9.0))
        self.assertFalse(self.differs({"a": b"1"}, since=8.0, until=9.0))
        self.assertFalse(self.differs({"a": b"1"}, since=10.5, until=10.6))
        self.assertTrue(self.differs({"a": b"1"}, since=11.5, until=12.0))
        self.assertFalse(self.differs({"a": None}, since=10.5, until=10.6))
        self.assertTrue(self.differs({"a": b"1"}, since=10.7, until=10.8))

    def test_an_error_passes_only_where_it_may(self):
        self.put(a=b"1")
        self.assertTrue(self.differs({"a": Failed(500)}))
        self.assertFalse(self.differs({"a": Failed(500)}, may_fail=True))
        self.assertTrue(self.differs({"a": None}, may_fail=True))
        self.assertFalse(self.differs({"a": Failed(500)}, may_fail={"a"}))
        self.assertTrue(self.differs({"a": Failed(500)}, may_fail={"b"}))


if __name__ == "__main__":
    unittest.main()
