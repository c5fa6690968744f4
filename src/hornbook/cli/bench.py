"""``hornbook bench``: what speed costs and gains on this machine, one change a row."""

from __future__ import annotations

from typing import Annotated, Literal

import cyclopts

from hornbook.cli.output import print_json

app = cyclopts.App(name="bench", help="Speed and numerics, one change a row: what each costs and gains.")

AsJson = Annotated[bool, cyclopts.Parameter(name="--json", negative=())]


@app.command
def numerics(
    run: str,
    /,
    *,
    text: Annotated[tuple[str, ...], cyclopts.Parameter(negative=())] = (),
    tokens: int = 4096,
    checkpoint: str = "best",
    as_json: AsJson = False,
) -> None:
    """The same forward pass in float64, float32, bfloat16, float16, int8 and int4: what rounding costs.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    text
        Read this file instead of the run's validation split.
    tokens
        Read about so many tokens.
    checkpoint
        best, latest, or one by name such as step-000200.
    as_json
        Print one JSON object.
    """
    from hornbook.workflows.bench_numerics import numerics as measured
    from hornbook.workflows.load import load_run

    found = measured(load_run(run, checkpoint), text, tokens)
    if as_json:
        print_json({"schema": 1, **found.as_json()})
        return
    print(f"{found.tokens:,} tokens, {found.bytes:,} bytes; errors are against float64\n")
    print(f"{'format':<9} {'nats/token':>11} {'bits/byte':>10} {'costs':>8} {'other choice':>13} {'worst logit':>12}")
    for rung in found.rungs:
        print(
            f"{rung.name:<9} {rung.loss:>11.5f} {found.bits_per_byte(rung):>10.5f} {found.costs(rung):>+8.3%} "
            f"{rung.changed:>13.2%} {rung.worst:>12.2g}"
        )
    print("\nerror of the stream after each layer, as a part of it\n")
    print(f"{'layer':<6} " + " ".join(f"{rung.name:>9}" for rung in found.rungs[1:]))
    for layer in range(len(found.rungs[0].layers)):
        print(f"{layer:<6} " + " ".join(f"{rung.layers[layer]:>9.1e}" for rung in found.rungs[1:]))


@app.command
def ladder(
    *,
    size: Literal["small", "gpt2"] = "small",
    seconds: float = 5.0,
    tokens: int = 64,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    as_json: AsJson = False,
) -> None:
    """The same model from the naive loop upwards, one change a row, training and writing: tokens/s and memory.

    Parameters
    ----------
    size
        small (4 layers of 256, 8,192 tokens; about three minutes) or gpt2 (124 million parameters; about fifteen).
    seconds
        Time for every rung of training, besides compiling.
    tokens
        Write texts of so many tokens.
    device
        Where to climb; auto is a GPU where there is one.
    as_json
        Print one JSON object.
    """
    import dataclasses

    from hornbook.training.devices import choose_device
    from hornbook.workflows.bench_ladder import SIZES, training_ladder, writing_ladder

    config, rows, place = SIZES[size], {}, choose_device(device)
    training = training_ladder(config, seconds, device=place)
    for name, climbing in (("training", training), ("writing", writing_ladder(config, tokens, device=place))):
        if not as_json:
            print(f"{name:<48} {'tokens/s':>10} {'gain':>6} {'in all':>7} {'memory GB':>10}")
        found = []
        for row in climbing:
            found.append(row)
            if not as_json:
                gain = row.tokens_per_second / found[max(0, len(found) - 2)].tokens_per_second
                whole = row.tokens_per_second / found[0].tokens_per_second
                print(
                    f"{row.change:<48} {row.tokens_per_second:>10,.0f} {gain:>6.2f} {whole:>7.1f} "
                    f"{row.memory / 1e9:>10.2f}  {row.note}",
                    flush=True,
                )
        rows[name] = [dataclasses.asdict(each) for each in found]
        if not as_json:
            print()
    if as_json:
        print_json({"schema": 1, "size": size, "device": place.type, **rows})


@app.command
def growth(*, seconds: float = 60.0, device: Literal["auto", "cpu", "cuda"] = "auto", as_json: AsJson = False) -> None:
    """How cost grows with context, batch, width and vocabulary: time and memory, and the exponent beside the expected.

    Parameters
    ----------
    seconds
        Time for all of it; a series ends where its next point would not fit.
    device
        Where to measure; auto is a GPU where there is one.
    as_json
        Print one JSON object.
    """
    import dataclasses

    from hornbook.training.devices import choose_device
    from hornbook.workflows.bench_growth import all_series

    found, place = [], choose_device(device)
    for series in all_series(seconds, place):
        found.append(dataclasses.asdict(series) | {"exponents": series.exponents()})
        if as_json:
            continue
        exponents = series.exponents()
        print(f"{series.what}\n{series.axis:>10} {'ms':>10} {'kept MB':>10}")
        for point in series.points:
            print(f"{point.size:>10,} {point.seconds * 1e3:>10.1f} {point.kept / 1e6:>10.1f}")
        if series.stopped:
            print(f"{'':>10} {series.stopped}")
        print(
            f"{'exponent':>10} {exponents['seconds']:>10.2f} {exponents['kept']:>10.2f}   "
            f"expected {series.expected_seconds}, {series.expected_kept}\n",
            flush=True,
        )
    if as_json:
        print_json({"schema": 1, "device": place.type, "series": found})


@app.command
def decoding(
    run: str, /, *, texts: int = 8, tokens: int = 64, checkpoint: str = "best", as_json: AsJson = False
) -> None:
    """Every way to choose the next token on the same prompts: speed, variety, repetition, and the model's own loss.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    texts
        Continue so many beginnings from the validation split, one after another.
    tokens
        Each by so many tokens, unless the text ends before.
    checkpoint
        best, latest, or one by name such as step-000200.
    as_json
        Print one JSON object.
    """
    import dataclasses

    from hornbook.workflows.bench_decoding import decoding as measured
    from hornbook.workflows.load import load_run

    found = []
    if not as_json:
        print(f"{'':<31} {'tokens/s':>9} {'length':>7} {'distinct-1':>11} {'-2':>6} {'rep-4':>7} {'nats/token':>11}")
    for row in measured(load_run(run, checkpoint), texts, tokens):
        found.append(dataclasses.asdict(row))
        if not as_json:
            speed = "" if row.tokens_per_second is None else f"{row.tokens_per_second:,.0f}"
            print(
                f"{row.name:<31} {speed:>9} {row.length:>7.1f} {row.distinct_1:>11.3f} {row.distinct_2:>6.3f} "
                f"{row.repeated_4:>7.1%} {row.loss:>11.3f}",
                flush=True,
            )
    if as_json:
        print_json({"schema": 1, "texts": texts, "tokens": tokens, "ways": found})


@app.command
def networks(run: str, /, *, minutes: float = 1.0, checkpoint: str = "best", as_json: AsJson = False) -> None:
    """A run beside other networks of as many parameters on the same text: a neural bigram model and an LSTM.

    Both, and the run's own architecture anew, are trained for the same time by the same loop.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    minutes
        Train each for so long.
    checkpoint
        best, latest, or one by name such as step-000200.
    as_json
        Print one JSON object.
    """
    import dataclasses

    from hornbook.workflows.load import load_prepared, load_run
    from hornbook.workflows.neural_baselines import neural_baselines

    loaded, found = load_run(run, checkpoint), []
    if not as_json:
        print(f"{'':<23} {'parameters':>11} {'tokens/s':>9} {'nats/token':>11} {'bits/byte':>10}")
    for row in neural_baselines(loaded, load_prepared(loaded.run), minutes):
        found.append(dataclasses.asdict(row) | {"tokens_per_second": row.tokens_per_second})
        if not as_json:
            speed = "" if row.tokens_per_second is None else f"{row.tokens_per_second:,.0f}"
            print(
                f"{row.name:<23} {row.parameters:>11,} {speed:>9} {row.loss:>11.4f} {row.bits_per_byte:>10.4f}",
                flush=True,
            )
    if as_json:
        print_json({"schema": 1, "minutes": minutes, "networks": found})
    else:
        print(f"\nEach but the run was trained for {minutes:g} minutes with AdamW, in float32 and not compiled.")
