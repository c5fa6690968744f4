"""Mistakes in pictures and in what is measured for them."""

from __future__ import annotations

from tests.mutate.mistake import mistakes_in

# fmt: off
FIGURES = [
    *mistakes_in(
        "evaluation/attention_cost.py", "workflows/test_draw_parts.py",
        ("< window - 1", "< window", "a window sees one token less at its start"),
        ("4 * time * window * width", "2 * time * window * width", "products of weights and values are not counted"),
        ("(query @ key.sum(0)[:, None])", "len(key)", "linear attention does not divide by its own sum"),
    ),
    *mistakes_in(
        "evaluation/inside/lens.py", "workflows/test_draw_runs.py",
        ("model.write(norm(stream))", "model.write(stream)", "the lens forgets the last norm"),
    ),
    *mistakes_in(
        "evaluation/by_position.py", "workflows/test_draw_runs.py",
        ("counts += asked.sum(0)", "counts += len(asked)", "targets that nothing was asked of are counted"),
    ),
    *mistakes_in(
        "evaluation/projection.py", "workflows/test_draw_runs.py",
        ("(table - table.mean(0))", "table", "vectors are not centred"),
    ),
    *mistakes_in(
        "workflows/draw_architecture.py", "workflows/test_draw_parts.py",
        ('norm("summed"))', 'norm("after"))', "a post-norm is not drawn"),
        ("first = places[0] % config.distinct_blocks", "first = 0", "every kind of block has the parameters of the first"),
    ),
    *mistakes_in(
        "figures/embedding_map.py", "workflows/test_draw_runs.py",
        ("bool(apart(edges, others).all())", "True", "names are written over each other"),
    ),
]
