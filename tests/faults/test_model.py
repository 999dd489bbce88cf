"""A short stretch of the model; for as long as you like: `python -m tests.faults.model SECONDS`."""

from tests.faults.model import play


def test_the_desk_is_as_a_small_model_of_it_says() -> None:
    play(6, steps=12, derandomize=True)
