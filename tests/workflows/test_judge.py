"""A model as judge, over a real connection: asked, refused, asked again, gone on with."""

from __future__ import annotations

import pytest

from hornbook.errors import MissingError, SettingError
from hornbook.evaluation.rating.ratings import read_ratings
from hornbook.evaluation.rating.report import report
from hornbook.workflows.judge import Judge, judge_study
from tests.evaluation.rating.studies import frozen, study_of
from tests.workflows.judges import Bench, judging


def quiet(line: str) -> None:
    pass


def run(folder, bench, key="", waited=None):
    waits = [] if waited is None else waited
    return judge_study(folder, Judge(bench.url, "owl/7B", key), quiet, waits.append)


def test_a_sensible_judge_finds_the_better_model_in_both_orders(tmp_path):
    study, bench = study_of(2, 11), Bench()
    folder = frozen(tmp_path, study)
    with judging(bench):
        found = run(folder, bench)
    assert (found.asked, found.before, found.unread) == (22 + 22 + 22, 0, 0)
    assert {asked["path"] for asked in bench.asked} == {"/v1/chat/completions"}
    assert {(asked["model"], asked["temperature"]) for asked in bench.asked} == {("owl/7B", 0)}
    said = report(study, read_ratings(folder, study))
    [view], [judge] = said["views"], said["judges"]
    assert view["who"] == "judge-owl-7B"
    assert (view["wins"][0]["won"], view["wins"][0]["lost"]) == (11, 0)
    assert judge["same_in_both"] == 11
    assert judge["left"]["value"] == 0.5
    means = {(row["model"], row["aspect"]): row["mean"]["value"] for row in view["scales"]}
    assert means["crane", "fluency"] == 3.0
    assert means["crane", "reference"] == 70.0


def test_a_judge_is_gone_on_with_after_it_broke_off_and_asked_nothing_twice(tmp_path):
    study, bench = study_of(2, 3), Bench()
    folder = frozen(tmp_path, study)
    with judging(bench):
        calls = iter([0] * 7)

        def stop(line: str) -> None:
            if next(calls, None) is None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            judge_study(folder, Judge(bench.url, "owl/7B"), stop)
        found = run(folder, bench)
    assert (found.asked, found.before) == (18 - 8, 8)
    assert len({asked["messages"][0]["content"] for asked in bench.asked}) == len(bench.asked) == 18


def test_a_busy_judge_is_waited_for_as_long_as_it_says(tmp_path):
    bench, waited = Bench(refusals=[(429, {"Retry-After": "7"}), (503, {})]), []
    folder = frozen(tmp_path, study_of(1, 2, mode="scales"))
    with judging(bench):
        assert run(folder, bench, waited=waited).asked == 4
    assert waited == [7.0, 2.0]


def test_a_judge_that_is_not_there_is_given_up_with_what_to_do(tmp_path):
    bench = Bench()
    with judging(bench):
        pass
    with pytest.raises(MissingError, match="the same command goes on"):
        run(frozen(tmp_path, study_of()), bench)


def test_what_cannot_be_read_is_asked_once_more_and_then_counted(tmp_path):
    study, bench = study_of(1, 2, mode="scales"), Bench(answer=lambda words: "I like it")
    folder = frozen(tmp_path, study)
    with judging(bench):
        found = run(folder, bench)
    assert (found.asked, found.unread) == (4, 4)
    assert len(bench.asked) == 8
    assert "could not be read" in bench.asked[1]["messages"][2]["content"]
    assert {rating.problem for rating in read_ratings(folder, study)} == {"I like it"}
    assert report(study, read_ratings(folder, study))["judges"][0]["unread"] == 4


def test_the_key_goes_to_the_judge_and_into_no_file_or_message(tmp_path):
    bench = Bench()
    folder = frozen(tmp_path, study_of(1, 2, mode="scales"))
    with judging(bench):
        run(folder, bench, key="sesame")
        assert set(bench.keys) == {"Bearer sesame"}
        bench.refusals = [(401, {})]
        with pytest.raises(SettingError, match="HORNBOOK_JUDGE_KEY") as refused:
            judge_study(folder, Judge(bench.url, "another", "sesame"), quiet)
    assert "sesame" not in str(refused.value) + repr(Judge(bench.url, "x", "sesame"))
    assert not any("sesame" in path.read_text() for path in folder.rglob("*.json*"))


def test_a_redirection_is_not_followed(tmp_path):
    bench = Bench(refusals=[(307, {"Location": "http://127.0.0.1:9/v1/chat/completions"})])
    with judging(bench), pytest.raises(SettingError, match="answers 307"):
        run(frozen(tmp_path, study_of()), bench, key="sesame")


def test_an_address_without_a_scheme_is_refused(tmp_path):
    with pytest.raises(SettingError, match="cannot be asked"):
        judge_study(frozen(tmp_path, study_of()), Judge("localhost", "x"), quiet)
