"""The deliberate breaks, which show that the proof can fail, still fit the code."""

import pytest
from tests.proof.breaks import ROOT, Break, breaks


@pytest.mark.parametrize("broken", breaks(), ids=lambda broken: broken.name)
def test_a_break_applies_to_one_place(broken: Break) -> None:
    assert (ROOT / broken.file).read_text().count(broken.old) == 1
    assert (ROOT / broken.tests).exists()
