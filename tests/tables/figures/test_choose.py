from pathlib import Path

import pytest

from longvideo.data.recognition import Labels, Segment
from longvideo.errors import UserError
from longvideo.files.manifest import Video
from longvideo.tables.figures.choose import one_video, two_videos

IDS = ["v_Hop_g01_c01", "v_Hop_g01_c02", "v_Hop_g02_c01", "v_Row_g01_c01", "v_Row_g02_c01"]
LABELS = Labels.of(reversed(IDS), ("Hop", "Row", "Sit"), [Segment(name, int("Row" in name)) for name in IDS])


def videos(*names):
    return [Video(name, Path(f"{name}.mp4"), 24, 12.0, 112, 80, 0.0, "") for name in names]


def test_the_first_video_of_the_split_that_is_there():
    assert one_video(videos("v_A", *IDS[1:]), LABELS, None).id == IDS[1]
    assert one_video(videos(*IDS), LABELS, IDS[3]).id == IDS[3]


def test_the_two_videos_of_an_action_that_lie_furthest_apart():
    action, one, other = two_videos(videos(*IDS), LABELS, ["Jump", "Hop"])
    assert (action, one.id, other.id) == ("Hop", IDS[0], IDS[2])


def test_another_action_where_the_wanted_one_has_a_single_video():
    assert two_videos(videos(IDS[0], *IDS[3:]), LABELS, ["Hop"])[0] == "Row"


def test_what_is_not_there_is_one_line():
    with pytest.raises(UserError, match="'v_B' among the decoded"):
        one_video(videos(*IDS), LABELS, "v_B")
    with pytest.raises(UserError, match="expected two decoded videos"):
        two_videos(videos(IDS[0], IDS[3]), LABELS, ["Hop"])
