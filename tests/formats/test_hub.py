"""Fetching models from a real server on this machine that cuts, redirects, refuses and lies: only the right stays."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from hornbook.corpus.fetch import home
from hornbook.errors import DamagedError, MissingError, SettingError
from hornbook.formats.hub import download
from hornbook.formats.hub_requests import WAITS
from tests.formats.hub_server import CONFIG, NAME, WEIGHTS, Clock, Handler, Hub, files

INDEX = "model.safetensors.index.json"


# What is fetched ------------------------------------------------------------------------------------------------------


def test_a_model_is_fetched_into_the_cache_and_only_once(hub: Hub) -> None:
    told: list[str] = []
    folder = download(f"hf:{NAME}")
    assert folder == home() / "models" / "owl--tiny-model" / "main"
    assert files(folder) == {"config.json": CONFIG, "model.safetensors": WEIGHTS}
    assert hub.fetched() == ["config.json", "model.safetensors"]
    assert download(f"hf:{NAME}", report=told.append) == folder
    assert len(hub.fetched()) == 2
    assert "model.safetensors: is there and unchanged" in told


def test_only_what_an_import_needs_is_fetched(hub: Hub, tmp_path: Path) -> None:
    needed = ["generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]
    others = ["README.md", "vocab.json", "merges.txt", "pytorch_model.bin", "onnx/config.json", "flax_model.msgpack"]
    hub.files |= {name: name.encode() for name in [*needed, *others]}
    download(f"hf:{NAME}", tmp_path / "model")
    assert set(files(tmp_path / "model")) == {"config.json", "model.safetensors", *needed}


def test_without_a_tokenizer_json_its_vocabulary_comes(hub: Hub, tmp_path: Path) -> None:
    hub.files |= {name: name.encode() for name in ("vocab.json", "merges.txt", "spiece.model")}
    download(f"hf:{NAME}", tmp_path)
    assert {"vocab.json", "merges.txt", "spiece.model"} < set(files(tmp_path))


def in_shards(hub: Hub, *names: str) -> None:
    """Replace the hub's weights by shards."""
    del hub.files["model.safetensors"]
    places = {f"tensor {number}": name for number, name in enumerate(names)}
    hub.files[INDEX] = json.dumps({"weight_map": places}).encode()
    hub.files |= {name: name.encode() * 11 for name in names if name.endswith(".safetensors")}


def test_all_shards_of_the_index_come_and_no_others(hub: Hub, tmp_path: Path) -> None:
    shards = [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]
    in_shards(hub, *shards)
    hub.files["consolidated.safetensors"] = b"another copy"
    download(f"hf:{NAME}", tmp_path)
    assert set(files(tmp_path)) == {"config.json", INDEX, *shards}


def test_shards_that_the_repository_does_not_have_are_named(hub: Hub, tmp_path: Path) -> None:
    in_shards(hub, "model-00001-of-00002.safetensors", "config.json")
    with pytest.raises(DamagedError, match=r"names 'config\.json', which is no safetensors file of the repository"):
        download(f"hf:{NAME}", tmp_path)
    assert set(files(tmp_path)) == {"config.json", INDEX}


def test_a_long_list_is_read_page_by_page(hub: Hub, tmp_path: Path) -> None:
    hub.page_size = 1
    hub.files["tokenizer.json"] = b"{}"
    download(f"hf:{NAME}", tmp_path)
    assert set(files(tmp_path)) == {"config.json", "model.safetensors", "tokenizer.json"}
    assert sum("/api/" in asked.path for asked in hub.asked) == 4


def test_a_revision_is_part_of_every_address_and_of_the_folder(hub: Hub) -> None:
    with pytest.raises(MissingError, match="has no model"):
        download(f"hf:{NAME}@refs/pr/3")
    assert hub.asked[0].path == f"/api/models/{NAME}/tree/refs%2Fpr%2F3"
    assert download(f"hf:{NAME}@main").parent.name == "owl--tiny-model"


@pytest.mark.parametrize(
    "source", [NAME, "hf:", "hf:a/b/c", "hf:../..", "hf:a/..", "hf:.", "hf:a/b@", "hf:a/b@../x", "hf:a b"]
)
def test_what_is_no_name_of_a_repository_is_refused(source: str) -> None:
    with pytest.raises(SettingError, match="expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION"):
        download(source)


# Checked --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "kind"), [("config.json", "git hash"), ("model.safetensors", "SHA-256")])
def test_wrong_bytes_are_refused_and_not_kept(hub: Hub, tmp_path: Path, name: str, kind: str) -> None:
    right = hub.files[name]
    hub.sent[name] = wrong = right[:-1] + b"!"
    with pytest.raises(
        DamagedError, match=rf"{name} is not the file that was expected: its {kind} is [0-9a-f]+, expected"
    ):
        download(f"hf:{NAME}", tmp_path)
    assert wrong not in files(tmp_path).values()
    assert not [path for path in files(tmp_path) if path.startswith(".")]
    del hub.sent[name]
    download(f"hf:{NAME}", tmp_path)
    assert files(tmp_path)[name] == right


def test_more_than_was_promised_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.sent["model.safetensors"] = WEIGHTS + b"more"
    with pytest.raises(DamagedError, match=r"model\.safetensors: more than the 1,537,792 bytes came"):
        download(f"hf:{NAME}", tmp_path)
    assert set(files(tmp_path)) == {"config.json"}


def test_a_file_that_was_changed_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    download(f"hf:{NAME}", tmp_path)
    (tmp_path / "config.json").write_bytes(CONFIG[:-1] + b" ")
    download(f"hf:{NAME}", tmp_path)
    assert files(tmp_path)["config.json"] == CONFIG
    assert hub.fetched() == ["config.json", "model.safetensors", "config.json"]


def test_an_empty_file_is_a_file(hub: Hub, tmp_path: Path) -> None:
    hub.files["merges.txt"] = b""
    download(f"hf:{NAME}", tmp_path)
    assert files(tmp_path)["merges.txt"] == b""


@pytest.mark.parametrize("oid", ["../../../../etc", "", 7])
def test_a_list_with_something_else_than_hashes_is_refused(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oid: object
) -> None:
    listed = [{"type": "file", "path": "config.json", "size": 3, "oid": oid}]
    monkeypatch.setattr(Handler, "list_files", lambda self, start: self.answer(200, json.dumps(listed).encode(), {}))
    with pytest.raises(MissingError, match="in a way that is not understood"):
        download(f"hf:{NAME}", tmp_path)


# Cut and taken up -----------------------------------------------------------------------------------------------------


def test_a_cut_connection_is_taken_up_where_it_broke(hub: Hub, tmp_path: Path, clock: Clock) -> None:
    hub.cut["model.safetensors"] = [1_100_001, 200_003]
    told: list[str] = []
    download(f"hf:{NAME}", tmp_path, report=told.append, wait=clock.wait)
    assert files(tmp_path) == {"config.json": CONFIG, "model.safetensors": WEIGHTS}
    starts = [asked.first for asked in hub.asked if asked.path.endswith("model.safetensors")]
    assert starts[0] == 0
    assert 1_100_001 - 65_536 < starts[1] <= 1_100_001
    assert starts[1] < starts[2] <= 1_300_004
    assert clock.waited == [WAITS[0]] * 2  # each attempt had brought something
    assert any("the connection was cut" in line and "trying again in 1 seconds" in line for line in told)


def test_what_has_come_is_kept_for_the_next_call(hub: Hub, tmp_path: Path, clock: Clock) -> None:
    hub.cut["model.safetensors"] = [1_100_001, 0, 0, 0, 0, 0]
    with pytest.raises(
        MissingError, match=r"cannot fetch model\.safetensors: .*cut.*goes on from there.*by hand.*import FOLDER"
    ):
        download(f"hf:{NAME}", tmp_path, wait=clock.wait)
    assert clock.waited == list(WAITS)
    assert "model.safetensors" not in files(tmp_path)
    hub.cut.clear()
    download(f"hf:{NAME}", tmp_path)
    assert hub.asked[-1].first > 1_000_000
    assert files(tmp_path) == {"config.json": CONFIG, "model.safetensors": WEIGHTS}


def test_a_server_that_ignores_ranges_sends_all_of_it_again(hub: Hub, tmp_path: Path, clock: Clock) -> None:
    hub.ranges, hub.cut["model.safetensors"] = False, [1_100_001]
    download(f"hf:{NAME}", tmp_path, wait=clock.wait)
    assert hub.asked[-1].first > 0
    assert files(tmp_path) == {"config.json": CONFIG, "model.safetensors": WEIGHTS}


def part_of(folder: Path, data: bytes) -> Path:
    """Where the weights lie until they are whole."""
    path = folder / f".model.safetensors.{hashlib.sha256(WEIGHTS).hexdigest()[:16]}.part"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("start", [b"something else", bytes(len(WEIGHTS)), bytes(len(WEIGHTS) + 7)])
def test_a_damaged_part_is_thrown_away(hub: Hub, tmp_path: Path, clock: Clock, start: bytes) -> None:
    part_of(tmp_path, start)
    download(f"hf:{NAME}", tmp_path, wait=clock.wait)
    assert files(tmp_path) == {"config.json": CONFIG, "model.safetensors": WEIGHTS}
    assert hub.asked[-1].first == 0


def test_a_part_of_another_version_does_not_stay(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / ".model.safetensors.0123456789abcdef.part").write_bytes(b"older")
    download(f"hf:{NAME}", tmp_path)
    assert files(tmp_path) == {"config.json": CONFIG, "model.safetensors": WEIGHTS}


def test_a_part_that_is_whole_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    part_of(tmp_path, WEIGHTS)
    download(f"hf:{NAME}", tmp_path)
    assert hub.fetched() == ["config.json"]
    assert files(tmp_path) == {"config.json": CONFIG, "model.safetensors": WEIGHTS}


def test_a_server_that_never_gets_on_is_given_up(hub: Hub, tmp_path: Path, clock: Clock) -> None:
    hub.sent["model.safetensors"] = WEIGHTS[:-1]  # it says itself that there is no more
    with pytest.raises(MissingError, match=r"cannot fetch model\.safetensors"):
        download(f"hf:{NAME}", tmp_path, wait=clock.wait)
    assert len(clock.waited) <= len(WAITS) + 1


def test_a_busy_server_is_asked_again_when_it_says(hub: Hub, tmp_path: Path, clock: Clock) -> None:
    hub.status["list"] = [(503, {}), (429, {"Retry-After": "17"}), (429, {"Retry-After": "9999"})]
    download(f"hf:{NAME}", tmp_path, wait=clock.wait)
    assert clock.waited == [WAITS[0], 17, 60]
    hub.status["list"] = [(429, {})] * 9
    with pytest.raises(MissingError, match=r"429 Too Many Requests; it allows only so many.*HF_TOKEN"):
        download(f"hf:{NAME}", tmp_path, wait=clock.wait)


# Progress -------------------------------------------------------------------------------------------------------------


def test_progress_counts_what_was_there_and_begins_anew_when_it_must(hub: Hub, tmp_path: Path, clock: Clock) -> None:
    @dataclass
    class Bar:
        name: str
        total: int = 0
        done: int = 0
        resets: int = 0
        closed: bool = False

        def update(self, amount: int) -> None:
            self.done += amount

        def reset(self) -> None:
            self.done, self.resets = 0, self.resets + 1

        def close(self) -> None:
            self.closed = True

    bars: list[Bar] = []

    def start(name: str) -> Bar:
        bars.append(Bar(name))
        return bars[-1]

    hub.ranges, hub.cut["model.safetensors"] = False, [1_100_001]
    download(f"hf:{NAME}", tmp_path, progress=start, wait=clock.wait)
    assert bars == [
        Bar("config.json", len(CONFIG), len(CONFIG), 0, True),
        Bar("model.safetensors", len(WEIGHTS), len(WEIGHTS), 1, True),
    ]
