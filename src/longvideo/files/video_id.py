"""Video ids: names in annotations that are names of files too."""

import re

MAX_ID_BYTES = 200
_FILE_NAME = re.compile(r"[^./\\\s\x00-\x1f][^/\\\x00-\x1f]*")


def names_a_file(video: str) -> bool:
    """Tell whether a video id can be the name of a file, before its suffix: not hidden, no path, not too long."""
    return _FILE_NAME.fullmatch(video) is not None and len(video.encode("utf-8", "replace")) <= MAX_ID_BYTES
