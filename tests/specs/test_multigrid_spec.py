from inspect import signature

import pytest
from pydantic import ValidationError

from longvideo.specs.multigrid import MultigridSpec
from longvideo.training.multigrid.construction import multigrid_schedule


def test_its_keys_are_the_arguments_of_the_schedule_and_its_defaults_but_for_rounding():
    arguments = {name: value.default for name, value in signature(multigrid_schedule).parameters.items()}
    del arguments["baseline"], arguments["policy"], arguments["size_multiple"]  # recipe and clips have them
    assert MultigridSpec().model_dump() == arguments | {"whole_epochs": False}


def test_it_is_read_from_a_file_as_it_is_written():
    text = '{"factors": [[0.5, 1], [1, 1]], "short": false, "iteration_factor": 3.4}'
    spec = MultigridSpec.model_validate_json(text)
    assert spec.factors == ((0.5, 1), (1, 1)) and not spec.short
    assert MultigridSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    "text", ['{"factors": []}', '{"factors": [[0, 1]]}', '{"short_factors": [1.5]}', '{"cycles": "none"}', '{"b": 1}']
)
def test_other_values_are_refused(text):
    with pytest.raises(ValidationError):
        MultigridSpec.model_validate_json(text)
