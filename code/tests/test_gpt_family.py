"""The family of small GPTs: its table, and the command that makes it."""

import csv
import math
from pathlib import Path

import pytest
import torch
from tensorbook import gpt_family, gpt_runs


def test_the_table_holds_six_sizes_and_four_budgets(capsys: pytest.CaptureFixture[str]) -> None:
    runs = gpt_runs.gpt_family()
    assert f"data: {len(runs)} small GPTs on Shakespeare" in capsys.readouterr().out
    whole = [run for run in runs if run.unique == 1_003_854]
    assert len({run.width for run in whole}) >= 6
    assert len({run.tokens for run in whole}) >= 4
    jobs = [(run.width, run.tokens, run.unique, run.seed) for run in runs]
    assert len(set(jobs)) == len(jobs)


def test_every_run_says_where_and_when_and_beats_the_counts_of_letters() -> None:
    for run in gpt_runs.gpt_family():
        assert run.device
        assert run.date.count("-") == 2
        assert run.torch[0].isdigit()
        assert 1.0 < run.loss < 3.3  # the entropy of single letters is 3.3 nats
        assert run.seconds > 0


def test_more_letters_or_more_width_lower_the_price() -> None:
    whole = [run for run in gpt_runs.gpt_family() if run.unique == 1_003_854 and run.seed == 0]
    price = {(run.width, run.tokens): run.loss for run in whole}
    for (width, tokens), loss in price.items():
        assert price.get((width, 4 * tokens), 0) < loss
        assert price.get((4 * width, tokens), 0) < loss


def test_a_member_has_the_numbers_that_its_width_says() -> None:
    for width in (16, 24, 48):
        model = gpt_family.GPT(width)
        count = sum(weight.numel() for weight in model.parameters())
        assert count == 24 * width**2 + 65 * width
        assert model(torch.zeros(2, 5, dtype=torch.long)).shape == (2, 5, 65)


def test_no_member_sees_the_letter_that_it_is_asked_for() -> None:
    model = gpt_family.GPT(16)
    x = torch.randint(65, (1, 12))
    changed = x.clone()
    changed[0, 8] = (x[0, 8] + 1) % 65
    torch.testing.assert_close(model(x)[:, :8], model(changed)[:, :8])


def test_the_price_is_the_mean_over_all_letters_but_the_first() -> None:
    model, x = gpt_family.GPT(16), torch.randint(65, (64 * 3 + 1,))
    scores = model(x[:-1].view(3, 64)).log_softmax(2)
    wanted = -scores.gather(2, x[1:].view(3, 64, 1)).mean()
    assert math.isclose(gpt_family.price(model, x), wanted.item(), rel_tol=1e-5)


def test_the_command_does_what_the_table_lacks_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runs.csv"
    jobs = [(16, 8192, 1_003_854, 0), (16, 8192, 4096, 0)]
    monkeypatch.setattr(gpt_family, "plan", lambda large: jobs)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    monkeypatch.setattr("sys.argv", ["gpt_family", str(path)])
    gpt_family.main()
    first = path.read_text(encoding="utf-8")
    gpt_family.main()
    assert path.read_text(encoding="utf-8") == first
    rows = list(csv.DictReader(first.splitlines()))
    assert [row["unique"] for row in rows] == ["1003854", "4096"]
    assert all(float(row["loss"]) < 4.5 for row in rows)
