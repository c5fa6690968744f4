"""The three kernels of triton_flash.py, in Triton's language: Python to read, machine code for a GPU to run.

A kernel is what one *program* does, and thousands of them run side by side. Here one program owns one tile of ``ROWS``
queries (or of ``COLUMNS`` keys, in ``keys_backward``) of one head; it keeps its sums in registers, walks over the tiles
of the other side and writes its result once. The names are those of flash.py, where the formulas stand.

Pointers are to contiguous tensors: queries [B, H, T, D], keys and values [B, G, S, D], one number per query [B, H, T],
places [B, T] and [B, S]. ``WIDTH`` is D rounded up to a power of two; what lies beyond D is read as 0, and a place
beyond T or S as -1, where nothing stands. This file imports triton, and only triton_flash.py imports it.
"""
# mypy: ignore-errors
# Triton compiles this text itself and knows types of its own.

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def rows_of(matrix, head, places, count, D: tl.constexpr, WIDTH: tl.constexpr):
    """The vectors at these places of one head's [count, D] matrix, as [len(places), WIDTH]."""
    features = tl.arange(0, WIDTH)
    offsets = (head * count).to(tl.int64) * D + places[:, None] * D + features[None, :]
    return tl.load(matrix + offsets, mask=(places[:, None] < count) & (features[None, :] < D), other=0.0)


@triton.jit
def write_rows(matrix, head, places, count, numbers, D: tl.constexpr, WIDTH: tl.constexpr):
    """Put [len(places), WIDTH] numbers where ``rows_of`` reads them."""
    features = tl.arange(0, WIDTH)
    offsets = (head * count).to(tl.int64) * D + places[:, None] * D + features[None, :]
    inside = (places[:, None] < count) & (features[None, :] < D)
    tl.store(matrix + offsets, numbers.to(matrix.dtype.element_ty), mask=inside)


@triton.jit
def whole_numbers(table, text, places, count):
    """Positions or documents of one text at these places, -1 beyond its end."""
    return tl.load(table + text * count + places, mask=places < count, other=-1).to(tl.int32)


@triton.jit
def sees(asking, answering, query_document, key_document, window, BOTH_WAYS: tl.constexpr, PACKED: tl.constexpr):
    """Who sees whom in a tile: ``Mask.tile`` for the rules that are a window."""
    query, key = asking[:, None], answering[None, :]
    seen = (query >= 0) & (key >= 0)
    if not BOTH_WAYS:
        seen = seen & (key <= query) & (key > query - window)
    if PACKED:
        seen = seen & (query_document[:, None] == key_document[None, :])
    return seen


@triton.jit
def scored(query, keys, seen, scale, softcap, CAPPED: tl.constexpr):
    """cap(Q Kᵀ · scale), -inf where nothing is seen, and the slope of the cap."""
    scores = tl.dot(query, tl.trans(keys), input_precision="ieee") * scale
    slope = tl.zeros_like(scores) + 1.0
    if CAPPED:
        bent = 2.0 * tl.sigmoid(2.0 * scores / softcap) - 1.0  # tanh
        scores, slope = softcap * bent, 1.0 - bent * bent
    return tl.where(seen, scores, float("-inf")), slope


@triton.jit
def forward(
    query_matrix, key_matrix, value_matrix, query_index, key_index, query_document, key_document, sinks,
    answer_matrix, log_sums, scale, softcap, window, time, length, heads, sharing,
    D: tl.constexpr, WIDTH: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
    BOTH_WAYS: tl.constexpr, PACKED: tl.constexpr, CAPPED: tl.constexpr, SINKS: tl.constexpr,
):  # fmt: skip
    """The answers of one tile of queries, and their log-sum-exp: one pass over the keys with a running maximum."""
    head = tl.program_id(1)  # b · H + h; head // sharing is then b · G + g
    text, places = head // heads, tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    query = rows_of(query_matrix, head, places, time, D, WIDTH)
    asking = whole_numbers(query_index, text, places, time)
    asker = whole_numbers(query_document, text, places, time)
    maximum = tl.full([ROWS], -3.0e38, tl.float32)
    total = tl.zeros([ROWS], tl.float32)
    if SINKS:
        maximum = tl.zeros([ROWS], tl.float32) + tl.load(sinks + head % heads).to(tl.float32)
        total = total + 1.0
    answer = tl.zeros([ROWS, WIDTH], tl.float32)
    for start in range(0, length, COLUMNS):
        columns = start + tl.arange(0, COLUMNS)
        answering = whole_numbers(key_index, text, columns, length)
        answerer = whole_numbers(key_document, text, columns, length)
        seen = sees(asking, answering, asker, answerer, window, BOTH_WAYS, PACKED)
        if tl.max(tl.max(seen.to(tl.int32), axis=1), axis=0) > 0:
            keys = rows_of(key_matrix, head // sharing, columns, length, D, WIDTH)
            values = rows_of(value_matrix, head // sharing, columns, length, D, WIDTH)
            scores, _ = scored(query, keys, seen, scale, softcap, CAPPED)
            higher = tl.maximum(maximum, tl.max(scores, axis=1))
            fading, weights = tl.exp(maximum - higher), tl.exp(scores - higher[:, None])
            total = total * fading + tl.sum(weights, axis=1)
            products = tl.dot(weights.to(values.dtype), values, input_precision="ieee")
            answer = answer * fading[:, None] + products
            maximum = higher
    some = total > 0
    write_rows(answer_matrix, head, places, time, answer / tl.where(some, total, 1.0)[:, None], D, WIDTH)
    log_sum = tl.where(some, maximum + tl.log(tl.where(some, total, 1.0)), float("inf"))
    tl.store(log_sums + head * time + places, log_sum, mask=places < time)


@triton.jit
def query_backward(
    query_matrix, key_matrix, value_matrix, query_index, key_index, query_document, key_document,
    upstream_matrix, log_sums, agreements, to_query, scale, softcap, window, time, length, heads, sharing,
    D: tl.constexpr, WIDTH: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
    BOTH_WAYS: tl.constexpr, PACKED: tl.constexpr, CAPPED: tl.constexpr,
):  # fmt: skip
    """dQ = Σ dS K · scale of one tile of queries, over all keys."""
    head = tl.program_id(1)
    text, places = head // heads, tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    query = rows_of(query_matrix, head, places, time, D, WIDTH)
    upstream = rows_of(upstream_matrix, head, places, time, D, WIDTH)
    asking = whole_numbers(query_index, text, places, time)
    asker = whole_numbers(query_document, text, places, time)
    log_sum = tl.load(log_sums + head * time + places, mask=places < time, other=float("inf"))
    agreement = tl.load(agreements + head * time + places, mask=places < time, other=0.0)
    gradient = tl.zeros([ROWS, WIDTH], tl.float32)
    for start in range(0, length, COLUMNS):
        columns = start + tl.arange(0, COLUMNS)
        answering = whole_numbers(key_index, text, columns, length)
        answerer = whole_numbers(key_document, text, columns, length)
        seen = sees(asking, answering, asker, answerer, window, BOTH_WAYS, PACKED)
        if tl.max(tl.max(seen.to(tl.int32), axis=1), axis=0) > 0:
            keys = rows_of(key_matrix, head // sharing, columns, length, D, WIDTH)
            values = rows_of(value_matrix, head // sharing, columns, length, D, WIDTH)
            scores, slope = scored(query, keys, seen, scale, softcap, CAPPED)
            weights = tl.exp(scores - log_sum[:, None])
            to_weights = tl.dot(upstream, tl.trans(values), input_precision="ieee")
            to_scores = weights * (to_weights - agreement[:, None]) * slope
            gradient += tl.dot(to_scores.to(keys.dtype), keys, input_precision="ieee")
    write_rows(to_query, head, places, time, gradient * scale, D, WIDTH)


@triton.jit
def keys_backward(
    query_matrix, key_matrix, value_matrix, query_index, key_index, query_document, key_document,
    upstream_matrix, log_sums, agreements, to_keys, to_values, scale, softcap, window, time, length, groups, sharing,
    D: tl.constexpr, WIDTH: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
    BOTH_WAYS: tl.constexpr, PACKED: tl.constexpr, CAPPED: tl.constexpr,
):  # fmt: skip
    """dK = Σ dSᵀ Q · scale and dV = Σ Pᵀ dO of one tile of keys, over all queries of all heads that share them."""
    group = tl.program_id(1)  # b · G + g
    text, columns = group // groups, tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    keys = rows_of(key_matrix, group, columns, length, D, WIDTH)
    values = rows_of(value_matrix, group, columns, length, D, WIDTH)
    answering = whole_numbers(key_index, text, columns, length)
    answerer = whole_numbers(key_document, text, columns, length)
    key_gradient = tl.zeros([COLUMNS, WIDTH], tl.float32)
    value_gradient = tl.zeros([COLUMNS, WIDTH], tl.float32)
    for start in range(0, time, ROWS):
        places = start + tl.arange(0, ROWS)
        asking = whole_numbers(query_index, text, places, time)
        asker = whole_numbers(query_document, text, places, time)
        seen = sees(asking, answering, asker, answerer, window, BOTH_WAYS, PACKED)
        if tl.max(tl.max(seen.to(tl.int32), axis=1), axis=0) > 0:
            for head in range(group * sharing, group * sharing + sharing):
                query = rows_of(query_matrix, head, places, time, D, WIDTH)
                upstream = rows_of(upstream_matrix, head, places, time, D, WIDTH)
                log_sum = tl.load(log_sums + head * time + places, mask=places < time, other=float("inf"))
                agreement = tl.load(agreements + head * time + places, mask=places < time, other=0.0)
                scores, slope = scored(query, keys, seen, scale, softcap, CAPPED)
                weights = tl.exp(scores - log_sum[:, None])
                value_gradient += tl.dot(tl.trans(weights.to(upstream.dtype)), upstream, input_precision="ieee")
                to_weights = tl.dot(upstream, tl.trans(values), input_precision="ieee")
                to_scores = weights * (to_weights - agreement[:, None]) * slope
                key_gradient += tl.dot(tl.trans(to_scores.to(query.dtype)), query, input_precision="ieee")
    write_rows(to_keys, group, columns, length, key_gradient * scale, D, WIDTH)
    write_rows(to_values, group, columns, length, value_gradient, D, WIDTH)
