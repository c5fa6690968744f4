"""Pictures of a run: how it learned, and what its model makes of a text. Each function is handed a ``Subject``.

The text is the one that was asked for, or the beginning of what was held out; the picture says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from matplotlib.figure import Figure
from torch import Tensor

from hornbook.batches import Texts
from hornbook.data.config import NextToken
from hornbook.errors import SettingError, TextError
from hornbook.evaluation.attention_maps import self_attention
from hornbook.evaluation.by_position import loss_by_position
from hornbook.evaluation.inside.lens import lens_chances
from hornbook.evaluation.loss import still, token_losses
from hornbook.evaluation.projection import principal_plane
from hornbook.figures.attention_grid import attention_grid
from hornbook.figures.baseline_ladder import Rung, baseline_ladder
from hornbook.figures.embedding_map import embedding_map
from hornbook.figures.lens import lens_map
from hornbook.figures.loss_curve import Series, loss_curve
from hornbook.figures.position_loss import position_loss
from hornbook.figures.sampling import sampling_filters
from hornbook.figures.spectrum import Spectra, spectra_grid
from hornbook.figures.text_map import text_map
from hornbook.finetuning.low_rank import LowRankLinear, widened
from hornbook.generation.config import Sampling
from hornbook.generation.sampling import filtered, filters
from hornbook.model.models import Decoder, Encoder
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.load import Loaded, load_prepared, load_run
from hornbook.workflows.recorded import read_evaluation, recorded_baselines

HELD_OUT = "the beginning of its held-out text"
MOST_TOKENS = 65_536
"""Held-out tokens that are read for the loss by position."""


@dataclass(frozen=True)
class Subject:
    """What a picture of a run is made of."""

    loaded: Loaded
    text: str | None = None
    """What to look at; ``None``: the run's own held-out text."""

    @property
    def decoder(self) -> Decoder:
        """The run's model, where it writes from left to right (``SettingError``)."""
        if not isinstance(self.loaded.model, Decoder):
            kind = type(self.loaded.model).__name__
            raise SettingError(f"{self.loaded.run.name}: this picture is one of a decoder, and the model is {kind}")
        return self.loaded.model

    def tokens(self, most: int) -> tuple[Int[Tensor, " T"], str]:
        """The first tokens of the text, no more than ``most`` or the model's context; and which text it is.

        Raises:
            SettingError: no text was given, and the run has none of its own.
            TextError: there are fewer than two tokens.
        """
        most = min(most, self.loaded.model.config.context)
        if self.text is not None:
            ids = self.loaded.tokenizer.encode(self.text)[:most]
            if len(ids) < 2:
                raise TextError(f"text: {self.text!r} is {len(ids)} token; at least 2 are needed to see anything")
            return torch.tensor(ids), "the text that was given"
        if not isinstance(self.loaded.recipe.task, NextToken):
            raise SettingError("text: this run has no held-out text to look at; give one: --text 'Once upon a time'")
        file = load_prepared(self.loaded.run).validation
        return torch.from_numpy(np.asarray(file.tokens[:most]).astype(np.int64)), HELD_OUT


def word(tokenizer: Tokenizer, token: int) -> str:
    """A token to be read in a picture: blanks and ends of lines can be seen, what is no whole letter is a dot."""
    text = tokenizer.decode([token])
    if token in tokenizer.special.values():
        return "(end)" if token == tokenizer.roles.end else text.strip("<|>")
    shown = text.replace("\n", "⏎").replace("\t", "⇥").replace("\ufffd", "·")
    return "␣" + shown[1:] if shown.startswith(" ") and shown.strip() == "" else shown


def words(tokenizer: Tokenizer, tokens: Sequence[int]) -> list[str]:
    """The same for several, without the blank before them."""
    return [word(tokenizer, token).strip() or "␣" for token in tokens]


def loss(subject: Subject) -> Figure:
    """The losses in the run's journal, between its baselines and its floor."""
    run = subject.loaded.run
    journal = read_journal(run.metrics) if run.metrics.exists() else []
    if not journal:
        raise SettingError(f"{run.name} was not trained here: it has no journal of losses")
    updates = [entry for entry in journal if entry["kind"] == "update"]
    evaluations = [entry for entry in journal if entry["kind"] == "evaluation"]
    baselines, floor = recorded_baselines(run)
    return loss_curve(
        Series([entry["step"] + 1 for entry in updates], [entry["loss"] for entry in updates]),
        Series([entry["step"] for entry in evaluations], [entry["val_loss"] for entry in evaluations]),
        baselines=baselines,
        floor=floor,
        title=f"How {run.name} learned",
    )


def attention(subject: Subject, most: int = 16) -> Figure:
    """Every head of every layer on the first tokens of a text."""
    model = subject.loaded.model
    if not isinstance(model, Decoder | Encoder):
        raise SettingError("attention: this picture is one of a model that reads one text; quickstart --all draws two")
    tokens, which = subject.tokens(most)
    maps = torch.stack(self_attention(model, tokens[None]))[:, 0]
    return attention_grid(
        maps.float().numpy(),
        words(subject.loaded.tokenizer, tokens.tolist()),
        title=f"Where {subject.loaded.run.name} looks",
        remark=f"{which}; a row for each token that asks, strong where it looks",
    )


def lens(subject: Subject, most: int = 12) -> Figure:
    """The likeliest next token after each layer."""
    tokens, which = subject.tokens(most)
    likely = lens_chances(subject.decoder, tokens[None])
    best, chosen = likely.max(-1)
    said = [words(subject.loaded.tokenizer, row) for row in chosen.tolist()]
    layers = ["embedding", *(f"layer {layer + 1}" for layer in range(len(said) - 1))]
    return lens_map(
        said,
        best.numpy(),
        words(subject.loaded.tokenizer, tokens.tolist()),
        layers,
        title=f"What {subject.loaded.run.name} would say after each layer",
        remark=f"{which}; the likeliest next token, strong where it is likely",
    )


def surprise(subject: Subject, most: int = 256) -> tuple[list[str], list[float], str]:
    """The tokens of a text, what each cost the model in nats (the first: NaN), and which text it is."""
    tokens, which = subject.tokens(most)
    with still(subject.decoder.modules()), torch.inference_mode():
        losses = token_losses(subject.decoder, Texts(tokens[None, :-1], tokens[None, 1:]))[0]
    shown = [word(subject.loaded.tokenizer, token) for token in tokens.tolist()]
    shown = [piece.replace("⏎", "\n") for piece in shown]
    return shown, [float("nan"), *losses.tolist()], which


def token_loss(subject: Subject) -> Figure:
    """What each token of a text cost."""
    pieces, losses, which = surprise(subject)
    mean = float(np.mean(losses[1:]))
    return text_map(
        pieces,
        losses,
        title=f"What surprised {subject.loaded.run.name}",
        remark=f"{which}; {len(losses) - 1} tokens, {mean:.3f} nats each on average",
    )


def loss_at_positions(subject: Subject) -> Figure:
    """The loss by how many tokens stand before."""
    loaded = subject.loaded
    if not isinstance(loaded.recipe.task, NextToken):
        raise SettingError("loss-by-position: this run was not trained to say the next token of a text")
    file, context = load_prepared(loaded.run).validation, subject.decoder.config.context
    means, counts = loss_by_position(subject.decoder, file, context, MOST_TOKENS)
    return position_loss(
        means,
        counts,
        title=f"What context is worth to {loaded.run.name}",
        remark=f"{int(counts.sum()):,} held-out tokens in windows of {context}, laid end to end",
    )


def frequent(loaded: Loaded, most: int) -> list[int]:
    """The tokens that come most often in the held-out text, special ones left out; without one, the first there are."""
    special = set(loaded.tokenizer.special.values())
    if isinstance(loaded.recipe.task, NextToken):
        counts = np.bincount(load_prepared(loaded.run).validation.tokens, minlength=loaded.tokenizer.vocab_size)
        order = [int(token) for token in np.argsort(-counts, kind="stable") if counts[token]]
    else:
        order = list(range(loaded.tokenizer.vocab_size))
    return [token for token in order if token not in special][:most]


def embeddings(subject: Subject, most: int = 500) -> Figure:
    """The rows of the embedding on their two widest axes; the most frequent tokens are named first."""
    loaded = subject.loaded
    tokens = frequent(loaded, most)
    table = loaded.model.embedding.tokens.weight.detach()[tokens].float()
    places, shares = principal_plane(table)
    return embedding_map(
        places.numpy(),
        words(loaded.tokenizer, tokens),
        shares,
        title=f"Where {loaded.run.name} has put its tokens",
        remark=f"the {len(tokens)} most frequent tokens of its held-out text, on the two widest axes of their vectors",
    )


SAMPLERS = {
    "temperature 1": Sampling(),
    "temperature 0.5": Sampling(temperature=0.5),
    "temperature 1.5": Sampling(temperature=1.5),
    "top-k 5": Sampling(top_k=5),
    "top-p 0.8": Sampling(top_p=0.8),
    "min-p 0.1": Sampling(min_p=0.1),
}
"""What is shown of the filters; the first is the model's own distribution."""


def sampling(subject: Subject, most: int = 64, shown: int = 12) -> Figure:
    """One real distribution over next tokens, through every filter: where the model hesitates between a few.

    A text that was given is continued; of the held-out text the place is taken whose entropy is nearest to 2 nats.
    """
    tokens, _ = subject.tokens(most)
    with still(subject.decoder.modules()), torch.inference_mode():
        logits = subject.decoder(tokens[None])[0].float()
    spread = -(logits.softmax(-1) * logits.log_softmax(-1)).sum(-1)
    place = len(tokens) - 1 if subject.text is not None else int((spread - 2).abs().argmin())
    own, written = logits[place][None], tokens[None, : place + 1]
    likeliest = own[0].argsort(descending=True, stable=True)[:shown]
    distributions, kept = {}, {}
    for name, how in SAMPLERS.items():
        probabilities = filtered(own, written, filters(how))[0].double().softmax(-1)
        these = probabilities[likeliest]
        distributions[name] = torch.cat([these, (probabilities.sum() - these.sum()).clamp(min=0)[None]]).numpy()
        kept[name] = int((probabilities > 0).sum())
    special = set(subject.loaded.tokenizer.special.values())
    context = [token for token in tokens[max(0, place - 11) : place + 1].tolist() if token not in special]
    before = subject.loaded.tokenizer.decode(context)
    return sampling_filters(
        words(subject.loaded.tokenizer, likeliest.tolist()),
        distributions,
        kept,
        title="One next token, and what filters leave of it",
        remark="after “… " + " ".join(before.split())[-70:] + "”; the outline is the model's own distribution",
    )


def spectrum(subject: Subject, most: int = 12) -> Figure:
    """The singular values of every product that was learned beside a matrix, and of the matrix."""
    apart = load_run(subject.loaded.run.folder, subject.loaded.checkpoint.name, merged=False)
    found = []
    for path, module in apart.model.named_modules():
        if isinstance(module, LowRankLinear):
            base = module.base if isinstance(module.base, torch.nn.Linear) else widened(module.base)
            values = [torch.linalg.svdvals(each.detach().double()).numpy() for each in (base.weight, module.change())]
            found.append(Spectra(short_path(path), *values))
    if not found:
        raise SettingError("spectrum: this run has no low-rank products; finetune one with --adapting low_rank")
    rank = getattr(apart.recipe.adapting, "rank", 0)
    return spectra_grid(
        found[:most],
        title="What low-rank adapting changed",
        remark=f"singular values of frozen matrices (blue) and of what was learned beside them (rank {rank})",
    )


def short_path(path: str) -> str:
    """stack.blocks.0.attention.query -> layer 1, query."""
    parts = path.split(".")
    layer = parts[parts.index("blocks") + 1]
    return f"layer {int(layer) + 1}, {parts[-1]}"


def ladder(subject: Subject) -> Figure:
    """Bits per byte of the model between its baselines and its floor, as they were measured when it had trained."""
    run = subject.loaded.run
    rungs = recorded_rungs(run)
    if not rungs:
        raise SettingError(f"{run.name} has no baselines on record: hornbook evaluate tells them")
    return baseline_ladder(rungs, title=f"{run.name}: bits per byte")


def recorded_rungs(run: Run) -> list[Rung]:
    """The model, its baselines and the floor in bits per byte; nothing where nothing was measured."""
    found = read_evaluation(run) or {}
    baselines = found.get("baselines")
    if not baselines:
        return []
    bits = baselines["bits_per_byte"]
    rungs = [Rung("this model", found["bits_per_byte"], "model")]
    rungs += [Rung(name, bits[name]) for name in ("uniform", "unigram")]
    rungs.append(Rung(f"Kneser-Ney, order {baselines['kneser_ney']['order']}", bits["kneser_ney"]))
    if found.get("floor_bits_per_byte") is not None:
        rungs.append(Rung("floor", found["floor_bits_per_byte"], "floor"))
    return rungs
