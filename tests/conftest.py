"""What tests of several folders share."""

from pathlib import PurePosixPath

import pytest
from cluster import Cluster, why_not
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# A loaded machine is no defect.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Their tests share what is set up once a session, and take longest: each folder runs in one process, and first.
TOGETHER = ("workflow", "slurm")


def _folder(path: str) -> str:
    return PurePosixPath(path).parent.name


class ByFolder(LoadScopeScheduling):
    """Gives the tests of a file, or of a folder that shares its set-up, to one of several processes (make test)."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        return _folder(path) if _folder(path) in TOGETHER else path


def pytest_xdist_make_scheduler(config, log):
    return ByFolder(config, log)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: _folder(item.nodeid.split("::")[0]) not in TOGETHER)


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    """A SLURM of three nodes without accounts; tests skip with a reason where none can be started."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with Cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster
