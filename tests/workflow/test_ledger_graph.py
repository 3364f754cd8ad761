"""The stages of dvc.yaml are cut out of the graph of the Snakefile: same inputs, same outputs."""

import re
from collections import defaultdict
from typing import NamedTuple

import pytest
from dvc.repo import Repo
from snakemake_calls import NO_EDIT, ROOT, clone, make_calls

from longvideo.ledger.lock import overlap

NOT_STORED = re.compile(r"results/mini/(predictions/.*|raw/.*/videos\.done)")
"""What stages write for themselves alone: made again, in seconds or from a seed, by whoever needs it."""


class Stage(NamedTuple):
    """A stage of dvc.yaml."""

    targets: set[str]
    deps: set[str]
    outs: set[str]


class Job(NamedTuple):
    """A job of Snakemake."""

    inputs: frozenset[str]
    outputs: frozenset[str]


def files(text: str, kind: str) -> frozenset[str]:
    found = re.search(rf"^    {kind}: (.*)$", text, flags=re.M)
    return frozenset(found[1].split(", ")) if found else frozenset()


@pytest.fixture(scope="module")
def stages() -> dict[str, Stage]:
    """All stages, with what is not a file of the graph (parameters) left out."""
    with Repo(str(ROOT)) as repo:
        return {
            stage.addressing: Stage(
                set(stage.cmd.partition(" -- ")[2].split()),
                {dep.def_path for dep in stage.deps if dep.def_path.startswith("results/")},
                {out.def_path for out in stage.outs},
            )
            for stage in repo.index.stages
        }


@pytest.fixture(scope="module")
def made_by(stages, tmp_path_factory) -> dict[str, Job]:
    """The job that makes each file, in a clone where all is to be made; the target `table_7_2c` has a job as well."""
    targets = sorted(set().union(*(stage.targets for stage in stages.values())))
    (asked,) = make_calls(clone(tmp_path_factory.mktemp("clone")), [(["-n", "--", *targets], NO_EDIT)])
    assert asked.status == 0, asked.stdout + asked.stderr
    made = {}
    for text in re.split(r"^(?:local)?rule ", asked.stdout, flags=re.M)[1:]:
        job = Job(files(text, "input"), files(text, "output"))
        made |= dict.fromkeys(job.outputs or {text.partition(":")[0]}, job)
    return made


def covered(path: str, places: set[str]) -> bool:
    return any(overlap(path, place) for place in places)


def test_every_stage_reads_and_writes_what_its_rules_do(stages, made_by):
    all_outs = {out: name for name, stage in stages.items() for out in stage.outs}
    wrong = defaultdict(set)
    for name, stage in stages.items():
        read, written, pending = set(), set(), set(stage.targets)
        while pending:
            path = pending.pop()
            if any(overlap(path, out) and owner != name for out, owner in all_outs.items()):
                read.add(path)
            elif path not in written:
                job = made_by[path]
                written |= job.outputs
                pending |= job.inputs
        wrong["reads, but not in deps"] |= {path for path in read if not covered(path, stage.deps)}
        wrong["in deps, but not read"] |= {dep for dep in stage.deps if not covered(dep, read)}
        wrong["in outs, but not written"] |= {out for out in stage.outs if not covered(out, written)}
        wrong["written, but not in outs"] |= {
            path for path in written if not covered(path, stage.outs) and not NOT_STORED.fullmatch(path)
        }
    assert {problem: paths for problem, paths in wrong.items() if paths} == {}


def test_the_ledger_is_whole(stages):
    """Every stage but the last is read by another one, and each out belongs to one stage."""
    outs = [out for stage in stages.values() for out in stage.outs]
    assert len(outs) == len(set(outs))
    for name, stage in stages.items():
        read = any(covered(dep, stage.outs) for other in stages.values() for dep in other.deps)
        assert read or name == "table", name
