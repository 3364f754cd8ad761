"""Which videos a figure shows: rules that need no one to look, so that every run chooses alike."""

from collections.abc import Sequence

from longvideo.data.recognition import Labels
from longvideo.errors import UserError
from longvideo.files.manifest import Video


def one_video(videos: Sequence[Video], labels: Labels, name: str | None) -> Video:
    """Return the video of that name, or the first of the split, by id, that could be decoded.

    Raises:
        UserError: It is not there.
    """
    there = {video.id: video for video in videos}
    if name is not None:
        if name not in there:
            raise UserError(f"expected the video {name!r} among the decoded ones, found it not; choose another one")
        return there[name]
    usable = sorted(set(labels.videos) & set(there))
    if not usable:
        raise UserError("expected decoded videos of the split, found none; run 'decode' again")
    return there[usable[0]]


def two_videos(videos: Sequence[Video], labels: Labels, actions: Sequence[str]) -> tuple[str, Video, Video]:
    """Return the first of `actions`, else of all, with two decoded videos, and its first and last video by id.

    Ids of such data sets start with what a video shares with others, its group, so that these two share the least.

    Raises:
        UserError: No action has two videos.
    """
    there = {video.id: video for video in videos}
    for action in (*(action for action in actions if action in labels.classes), *labels.classes):
        members = labels.video[labels.label == labels.classes.index(action)].tolist()
        ids = sorted({labels.videos[number] for number in members} & set(there))
        if len(ids) > 1:
            return action, there[ids[0]], there[ids[-1]]
    raise UserError("expected two decoded videos of one action in the split, found none; run 'decode' again")
