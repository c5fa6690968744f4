"""What a hub refuses is said with what to do instead, and the token goes to nobody else."""

from __future__ import annotations

import json
import re
import socket
import time
from pathlib import Path

import pytest

from hornbook.corpus.fetch import home
from hornbook.errors import HornbookError, MissingError
from hornbook.formats import hub_requests
from hornbook.formats.hub import download
from tests.formats.hub_server import CONFIG, NAME, WEIGHTS, Clock, Handler, Hub, entry, files, serving

# Refused --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (404, "RepoNotFound", rf"has no model '{NAME}' that you may see.*404.*check the spelling OWNER/NAME"),
        (401, "RepoNotFound", rf"has no model '{NAME}' that you may see.*401.*private or gated model, set HF_TOKEN"),
        (401, "GatedRepo", rf"{NAME} is not open to everybody \(401.*accept its terms at http.*/{NAME} with.*HF_TOKEN"),
        (403, "", rf"{NAME} is not open to everybody \(403"),
        (404, "RevisionNotFound", rf"{NAME} has no revision 'main' \(404"),
        (410, "", r"the server answers 410 Gone; try again later, or fetch it by hand"),
    ],
)
def test_a_refusal_says_what_to_do(hub: Hub, clock: Clock, status: int, code: str, message: str) -> None:
    hub.status["list"] = [(status, {"X-Error-Code": code})]
    with pytest.raises(MissingError, match=message):
        download(f"hf:{NAME}", wait=clock.wait)
    assert clock.waited == []
    assert not (home() / "models").exists()


def test_pickles_alone_are_no_model(hub: Hub) -> None:
    hub.files["pytorch_model.bin"] = hub.files.pop("model.safetensors")
    with pytest.raises(
        MissingError, match=r"has no model\.safetensors .* only pytorch_model\.bin, and loading such a file would run"
    ):
        download(f"hf:{NAME}")
    assert hub.fetched() == []


def test_a_repository_without_weights_or_settings_is_named(hub: Hub) -> None:
    del hub.files["config.json"]
    with pytest.raises(MissingError, match=r"has no config\.json, so nothing says what model it is"):
        download(f"hf:{NAME}")
    hub.files.clear()
    with pytest.raises(MissingError, match="no weights that Hornbook reads"):
        download(f"hf:{NAME}")


def test_a_log_in_page_is_not_taken_for_a_list(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "list_files", lambda self, start: self.answer(200, b"<html>Welcome", {}))
    with pytest.raises(MissingError, match="something that is no list of files; is there a log-in page"):
        download(f"hf:{NAME}")


def test_without_a_network_it_is_said_at_once_and_how_to_do_without(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, hub: Hub
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
    monkeypatch.setenv("HORNBOOK_HF_ENDPOINT", closed)
    with pytest.raises(MissingError) as error:
        download(f"hf:{NAME}", wait=clock.wait)
    assert re.fullmatch(
        rf"{NAME}: cannot reach {closed}: there is no connection to it \(.*Connection refused.*\)\. Without a network, "
        rf"download the files at {closed}/{NAME}/tree/main elsewhere, and run 'hornbook import FOLDER'",
        str(error.value),
    )
    assert clock.waited == []
    monkeypatch.setenv("HORNBOOK_HF_ENDPOINT", hub.address)
    folder = download(f"hf:{NAME}")
    monkeypatch.setenv("HORNBOOK_HF_ENDPOINT", closed)
    with pytest.raises(MissingError, match=f"or use the copy that is in {folder}, and run"):
        download(f"hf:{NAME}")


def test_a_silent_server_is_asked_again(hub: Hub, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    listing, asked = Handler.list_files, []

    def silent_at_first(self: Handler, start: int) -> None:
        asked.append(start)
        if len(asked) == 1:
            time.sleep(0.9)
        listing(self, start)

    monkeypatch.setattr(Handler, "list_files", silent_at_first)
    monkeypatch.setattr(hub_requests, "SILENT_SECONDS", 0.3)
    told: list[str] = []
    assert set(files(download(f"hf:{NAME}", report=told.append, wait=clock.wait))) == {
        "config.json",
        "model.safetensors",
    }
    assert any("the server was silent for 0.3 seconds; trying again in 1 seconds" in line for line in told)


def test_an_address_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORNBOOK_HF_ENDPOINT", "somewhere")
    with pytest.raises(MissingError, match=r"cannot fetch somewhere/api/.*is HORNBOOK_HF_ENDPOINT an address"):
        download(f"hf:{NAME}")


def test_what_cannot_fit_on_the_disk_is_not_begun(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    promised = {"oid": "0" * 64, "size": 10**18}
    listed = [entry("config.json", CONFIG), {**entry("model.safetensors", WEIGHTS), "lfs": promised}]
    monkeypatch.setattr(Handler, "list_files", lambda self, start: self.answer(200, json.dumps(listed).encode(), {}))
    with pytest.raises(
        HornbookError, match=r"the weights take 1,000,000,000\.0 GB more, and the disk has .* free some space"
    ):
        download(f"hf:{NAME}", tmp_path)
    assert hub.fetched() == ["config.json"]


# The token ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["HF_TOKEN", "HORNBOOK_HF_TOKEN"])
def test_the_token_goes_to_the_hub_and_not_where_it_redirects_to(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "hf_secret")
    store = Hub()
    with serving(store):
        hub.redirect = store.address
        download(f"hf:{NAME}", tmp_path)
    assert files(tmp_path)["model.safetensors"] == WEIGHTS
    assert {asked.token for asked in hub.asked} == {"Bearer hf_secret"}
    assert [(asked.path, asked.token) for asked in store.asked] == [("/store/model.safetensors", None)]


def test_the_token_does_not_follow_the_list_to_another_server(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    other = Hub()
    with serving(other):
        more = {"Link": f'<{other.address}/api/models/{NAME}/tree/main?cursor=0>; rel="next"'}
        pages = {hub.address: more, other.address: {}}
        monkeypatch.setattr(
            Handler,
            "list_files",
            lambda self, start: self.answer(
                200, json.dumps([entry(*item) for item in self.hub.files.items()]).encode(), pages[self.hub.address]
            ),
        )
        download(f"hf:{NAME}", tmp_path)
    assert [asked.token for asked in other.asked] == [None]


def test_a_redirected_download_is_taken_up_too(hub: Hub, tmp_path: Path, clock: Clock) -> None:
    store = Hub(cut={"model.safetensors": [1_100_001]})
    with serving(store):
        hub.redirect = store.address
        download(f"hf:{NAME}", tmp_path, wait=clock.wait)
    assert files(tmp_path)["model.safetensors"] == WEIGHTS
    assert store.asked[-1].first > 0


def test_without_a_token_none_is_sent(hub: Hub, tmp_path: Path) -> None:
    download(f"hf:{NAME}", tmp_path)
    assert {asked.token for asked in hub.asked} == {None}
