"""The videos that a model of whole videos learns from, and those that it scores."""

from longvideo.data.recognition import Labels
from longvideo.errors import UserError
from longvideo.files.manifest import Video, read_manifest
from longvideo.files.video_list import read_video_list
from longvideo.tasks.inputs import InputFiles


def labelled_videos(files: InputFiles, labels: Labels) -> list[Video]:
    """Return the videos of the manifest that have a label, in the order of the labels' file.

    Raises:
        UserError: The manifest is missing or wrong, or there is no such video.
    """
    there = {video.id: video for video in read_manifest(files["manifest"])}
    labelled = {labels.videos[number] for number in labels.video.tolist()}
    videos = [there[name] for name in labels.videos if name in there and name in labelled]
    if not videos:
        where = files["manifest"]
        raise UserError(f"{files['labels']}: expected labels of videos in {where}, found none to train on")
    return videos


def listed_videos(files: InputFiles) -> list[Video]:
    """Return the videos of the manifest that are of the split to score, in its order.

    Raises:
        UserError: A file is missing or wrong, or there is no such video.
    """
    listed = {name for name, _ in read_video_list(files["videos"])}
    videos = [video for video in read_manifest(files["manifest"]) if video.id in listed]
    if not videos:
        raise UserError(f"{files['manifest']}: expected videos of {files['videos']}, found none of them")
    return videos
