import time

import pytest

from longvideo.training.stopwatch import Stopwatch


def test_waiting_for_a_batch_and_what_is_done_with_it_are_told_apart():
    watch = Stopwatch()
    assert list(watch.timing_each(iter([]))) == []
    for _ in watch.timing_each(iter([1, 2])):
        time.sleep(0.02)
    assert watch.seconds["update_wall_s"] >= 0.04 > watch.seconds["data_wall_s"]


def test_seconds_of_the_parts_are_summed_and_gone_on_with():
    watch = Stopwatch()
    with watch.timing("data"):
        time.sleep(0.02)
    before = dict(watch.seconds)
    assert before["data_wall_s"] >= 0.02 > before["data_cpu_s"] and before["update_wall_s"] == 0
    again = Stopwatch()
    again.go_on(before)
    with again.timing("data"):
        pass
    assert again.seconds["data_wall_s"] >= before["data_wall_s"]
    with pytest.raises(ZeroDivisionError), again.timing("update"):
        _ = 1 / 0
    assert again.seconds["update_cpu_s"] == 0
