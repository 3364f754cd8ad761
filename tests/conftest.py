"""What tests of several folders share."""

import pytest
from cluster import Cluster, why_not


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    """A SLURM of three nodes without accounts; tests skip with a reason where none can be started."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with Cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster
