"""Conversations and preferences from files: what is read, and what is refused with file and number."""

from __future__ import annotations

import json

import pytest

from hornbook.corpus.conversations import read_conversations, read_preferences
from hornbook.errors import MissingError, SettingError, TextError

ALPACA = [
    {"instruction": "Add.", "input": "1 and 2", "output": "3"},
    {"instruction": "Say hello.", "input": "", "output": "Hello!"},
]
TALK = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}


def written(path, content) -> str:
    """The content as JSON in a file."""
    path.write_text(
        json.dumps(content) if path.suffix == ".json" else "".join(json.dumps(each) + "\n" for each in content)
    )
    return str(path)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_instructions_keep_their_input_apart_and_below(name, tmp_path):
    first, second = read_conversations([written(tmp_path / name, ALPACA)])
    assert first.messages[0] == {
        "role": "user",
        "content": "Add.\n\n1 and 2",
        "instruction": "Add.",
        "input": "1 and 2",
    }
    assert first.messages[1] == {"role": "assistant", "content": "3"}
    assert second.messages[0]["content"] == "Say hello."
    assert second.name.endswith(f"{name}:2")


def test_messages_are_taken_as_they_are(tmp_path):
    [conversation] = read_conversations([written(tmp_path / "a.jsonl", [TALK])])
    assert list(conversation.messages) == TALK["messages"]


def test_fields_may_have_other_names(tmp_path):
    path = written(tmp_path / "gsm.jsonl", [{"question": "1+1?", "answer": "#### 2"}])
    [conversation] = read_conversations([path], ("question", "answer"))
    assert [turn["content"] for turn in conversation.messages] == ["1+1?", "#### 2"]


def test_preferences_have_a_better_and_a_worse_answer(tmp_path):
    record = {"instruction": "Say hello.", "input": "", "output": "x", "chosen": "Hello!", "rejected": "Go away."}
    [preference] = read_preferences([written(tmp_path / "a.json", [record])])
    assert (preference.chosen, preference.rejected) == ("Hello!", "Go away.")
    assert [turn["role"] for turn in preference.messages] == ["user"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ([{"instruction": "Add.", "outptu": "3"}], r"a\.json:1: there is no field 'output'.*outptu"),
        ([{"instruction": "Add.", "output": " "}], r"a\.json:1: output is ' ', expected a text"),
        ([{"instruction": "Add.", "output": 3}], r"a\.json:1: output is 3, expected a text"),
        ([ALPACA[0], "Add."], r"a\.json:2: expected an object"),
        ([], "there is no object"),
        ({"instruction": "Add."}, "expected a list of objects, found dict"),
        ([{"messages": []}], "expected a list of turns"),
        ([{"messages": [{"role": "user", "content": "Hi"}]}], "the last turn is the user's"),
        ([{"messages": [{"role": "robot", "content": "Hi"}]}], "'robot' is none of system, user, assistant"),
        ([{"messages": [{"role": "user"}]}], "turn 1: expected a role and a content"),
    ],
)
def test_what_is_no_conversation_is_named_with_file_and_number(content, complaint, tmp_path):
    with pytest.raises(TextError, match=complaint):
        list(read_conversations([written(tmp_path / "a.json", content)]))


def test_what_is_no_file_of_conversations_is_refused(tmp_path):
    (tmp_path / "broken.json").write_text('[{"instruction": ')
    (tmp_path / "broken.jsonl").write_text("{}\n{oops\n")
    (tmp_path / "a.txt").write_text("Hi")
    with pytest.raises(TextError, match=r"broken\.json:1: this is not JSON"):
        list(read_conversations([str(tmp_path / "broken.json")]))
    with pytest.raises(TextError, match=r"broken\.jsonl"):
        list(read_conversations([str(tmp_path / "broken.jsonl")]))
    with pytest.raises(SettingError, match=r"\.json or \.jsonl"):
        list(read_conversations([str(tmp_path / "a.txt")]))
    with pytest.raises(MissingError):
        list(read_conversations([str(tmp_path / "none.json")]))
    with pytest.raises(SettingError, match="a question's and an answer's"):
        list(read_conversations([str(tmp_path / "a.json")], ("only",)))
