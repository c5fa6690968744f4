"""Lesson 2: windows and their targets, padding, and the mean over what was asked."""

from __future__ import annotations

from hornbook.course.answers import Answer, expect

Windows = list[tuple[list[int], list[int]]]


def cut(ids: list[int], starts: range, context: int, shift: int = 1) -> Windows:
    """Windows at these places, their targets ``shift`` tokens further on."""
    return [(ids[at : at + context], ids[at + shift : at + shift + context]) for at in starts]


def check_windows(function: Answer) -> None:
    """Every full window, none without its last target."""
    ids = [10, 11, 12, 13, 14, 15]
    expect(
        "windows([10, 11, 12, 13, 14, 15], context=2, stride=2)",
        function(list(ids), 2, 2),
        cut(ids, range(0, 4, 2), 2),
        {
            "The last window has no target for its last place: a window needs context + 1 tokens.": cut(
                ids, range(0, 5, 2), 2
            ),
            "The targets are the inputs: they have to be one token further on.": cut(ids, range(0, 4, 2), 2, 0),
            "The targets are shifted twice.": cut(ids, range(0, 4, 2), 2, 2),
            "Windows begin every `stride` tokens, not every token.": cut(ids, range(4), 2),
        },
        "Begin at 0, stride, 2 * stride, ..., as long as context + 1 tokens are left.",
    )
    expect(
        "windows([10, 11, 12, 13, 14, 15], context=3, stride=1)",
        function(list(ids), 3, 1),
        cut(ids, range(3), 3),
        {
            "A window is missing: the last start is len(ids) - context - 1.": cut(ids, range(2), 3),
            "Windows begin every `stride` tokens, not every `context` tokens.": cut(ids, range(0, 3, 3), 3),
        },
        "Begin at 0, stride, 2 * stride, ..., as long as context + 1 tokens are left.",
    )


def check_pad(function: Answer) -> None:
    """Tokens filled up, targets shifted, nothing asked where nothing stands."""
    tokens, targets = function([[3, 8, 4], [6]], 4, 0, -100)
    expect("the tokens of pad([[3, 8, 4], [6]], 4, 0, -100)", tokens, [[3, 8, 4, 0], [6, 0, 0, 0]],
           {"Fill up behind the text: positions count from its first token.": [[0, 3, 8, 4], [0, 0, 0, 6]]},
           "Every row has 4 tokens: the text, then the filler.")  # fmt: skip
    expect("the targets of pad([[3, 8, 4], [6]], 4, 0, -100)", targets, [[8, 4, -100, -100], [-100] * 4],
           {"Nothing should be asked of the filling: write `ignored`, not `filler`.": [[8, 4, 0, 0], [0, 0, 0, 0]],
            "The targets are the tokens themselves: they have to be one token further on.":
                [[3, 8, 4, -100], [6, -100, -100, -100]],
            "The target of the last token is the filler here: nothing should be asked of it.":
                [[8, 4, 0, -100], [0, -100, -100, -100]]},
           "The targets of a text are its tokens from the second on, then `ignored`.")  # fmt: skip


def check_mean_loss(function: Answer) -> None:
    """Over what was asked."""
    expect("mean_loss([2.0, 1.0, 9.0, 3.0], [5, 0, -100, 7], -100)",
           function([2.0, 1.0, 9.0, 3.0], [5, 0, -100, 7], -100), 2.0,
           {"Places of which nothing was asked are counted in the sum.": 5.0,
            "The sum is right; divide by the number of targets that are asked, not by all places.": 1.5,
            "This is the mean of all places, those of which nothing was asked among them.": 3.75,
            "This is the sum; divide by the number of targets that are asked.": 6.0,
            "The token 0 is a target like any other; only `ignored` is left out.": 2.5})  # fmt: skip
