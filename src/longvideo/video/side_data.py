"""What decoders attach to pictures."""

import av
from av.sidedata.sidedata import SideData, SideDataContainer, Type


def side_data(picture: av.VideoFrame, kind: Type) -> SideData | None:
    """Return the side data of one kind, or None; `picture.side_data` must not be used.

    It would make the picture refer to itself, and so stay in memory until the garbage collector comes round, a hundred
    and more pictures later.
    """
    return SideDataContainer(picture).get(kind)  # type: ignore[call-arg]  # its stub leaves the constructor out
