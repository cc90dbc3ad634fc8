"""What cells publish: lines, records, and numbers lent to the prose."""

from ast import literal_eval

import pytest
from tensorbook import glue, report


@pytest.mark.parametrize("value", ["5,000", "92.1%", "007", "1e-7", "a (b)", 3, 0.25])
def test_a_glued_value_is_read_back_as_it_was(
    value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: dict[str, str] = {}
    monkeypatch.setattr(report, "in_notebook", lambda: True)
    monkeypatch.setattr(report, "publish", lambda bundle, metadata, otherwise: shown.update(bundle))
    glue("name", value)
    (text,) = shown.values()
    assert literal_eval(text) == value  # MyST-NB reads it so, and "5,000" would be a tuple


def test_outside_a_notebook_a_line_is_printed_and_glue_is_silent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    glue("name", 1)
    report.say("a line", {"check": "eq-x"})
    assert capsys.readouterr().out == "a line\n"
