"""BERT (Devlin et al. 2019): reads both ways, LayerNorm after each sum and on the embedding, segments, biases.

A bare ``BertModel`` gives a vector for each token (all-MiniLM is one); ``BertForMaskedLM`` puts a layer of its own and
the table of tokens on top. The pooler and what guesses the next sentence are heads (model/heads.py), no part of either.
Next: distilbert.py.
"""

from __future__ import annotations

from typing import Any

from hornbook.errors import SettingError
from hornbook.formats.families.settings import (
    THEIR_ACTIVATIONS,
    activation,
    check_divides,
    dense,
    epsilon,
    named,
    number,
    refuse_unless,
    whole,
)
from hornbook.formats.family import Family, Settings, Tie, linear
from hornbook.model.config import BlockConfig, Dense, EncoderOnly, Layer, Learned, ModelConfig

ARCHITECTURES = {
    "BertForMaskedLM": True,
    "BertForPreTraining": True,
    "BertModel": False,
    "BertForSequenceClassification": False,
    "BertForTokenClassification": False,
}
"""Their classes, and whether each of them writes tokens."""

DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob")


def writes(settings: Settings, table: dict[str, bool], bare: str) -> bool:
    """Whether the class that ``config.json`` names puts a head for tokens on the encoder."""
    return named({"architectures": (settings.get("architectures") or [bare])[0]}, "architectures", table, bare)


def read(settings: Settings) -> ModelConfig:
    """BERT in our parts."""
    refuse_unless(settings, "is_decoder", False)
    refuse_unless(settings, "add_cross_attention", False)
    refuse_unless(settings, "position_embedding_type", "absolute")
    width, heads = whole(settings, "hidden_size", 768), whole(settings, "num_attention_heads", 12)
    check_divides("num_attention_heads", heads, "hidden_size", width)
    active, norm = activation(settings, "hidden_act", "gelu"), Layer(number(settings, "layer_norm_eps", 1e-12))
    head = writes(settings, ARCHITECTURES, "BertModel")
    network = Dense(hidden=whole(settings, "intermediate_size", 3072), activation=active)
    return ModelConfig(
        architecture=EncoderOnly(segments=whole(settings, "type_vocab_size", 2), transform=active if head else None),
        vocabulary=whole(settings, "vocab_size", 30522),
        context=whole(settings, "max_position_embeddings", 512),
        width=width,
        heads=heads,
        depth=whole(settings, "num_hidden_layers", 12),
        pattern=(BlockConfig(feed_forward=network, norm=norm, placement="post"),),
        position_encoding=Learned(),
        tied=not head or settings.get("tie_word_embeddings") is not False,
        head_bias=head,
        embedding_norm=norm,
        dropout=one_share(settings, DROPOUTS),
    )


def one_share(settings: Settings, keys: tuple[str, ...]) -> float:
    """The one share that is dropped in all places."""
    shares = [number(settings, key, 0.1) for key in keys]
    if len(set(shares)) > 1:
        said = ", ".join(f"{key} {share}" for key, share in zip(keys, shares, strict=True))
        raise SettingError(
            f"{keys[0]}: Hornbook drops the same share everywhere, found {said}; only training would notice, "
            "so set all to one value in config.json"
        )
    return shares[0]


def write(config: ModelConfig) -> dict[str, Any]:
    """Our parts as BERT's."""
    kind, network = encoder_only(config), dense(config.blocks[0])
    if kind.segments == 0:
        raise SettingError("segments: BERT adds that of a segment to each token; have 1 or more, or write a DistilBERT")
    return {
        "architectures": ["BertForMaskedLM" if kind.transform else "BertModel"],
        "vocab_size": config.vocabulary,
        "max_position_embeddings": config.context,
        "hidden_size": config.width,
        "num_hidden_layers": config.depth,
        "num_attention_heads": config.heads,
        "intermediate_size": network.hidden_width(config.width),
        "hidden_act": THEIR_ACTIVATIONS[network.activation],
        "type_vocab_size": kind.segments,
        "layer_norm_eps": epsilon(config),
        **dict.fromkeys(DROPOUTS, config.dropout),
        "tie_word_embeddings": config.tied,
    }


def encoder_only(config: ModelConfig) -> EncoderOnly:
    """What an encoder is beside its layers; refused where the head is one that neither BERT nor its children have."""
    kind = config.architecture
    if not isinstance(kind, EncoderOnly):
        raise SettingError("architecture: this family only reads, and the model writes as well")
    if config.head_bias != (kind.transform is not None):
        raise SettingError(
            "head_bias: this family writes tokens through a transform and with a bias, or not at all; "
            "have both in the model or neither"
        )
    return kind


def ties(config: ModelConfig) -> list[Tie]:
    """All tensors of BERT."""
    table = "bert.embeddings"
    return [
        Tie(("embedding.tokens.weight",), f"{table}.word_embeddings.weight"),
        Tie(("stack.position_encodings.0.table.weight",), f"{table}.position_embeddings.weight"),
        Tie(("segments.weight",), f"{table}.token_type_embeddings.weight"),
        *layer_norm("stack.first_norm", f"{table}.LayerNorm"),
        *[tie for layer in range(config.depth) for tie in block_ties(layer)],
        *(head_ties(config) if config.head_bias else []),
    ]


def block_ties(layer: int) -> list[Tie]:
    """The tensors of one layer."""
    ours, theirs = f"stack.blocks.{layer}", f"bert.encoder.layer.{layer}"
    return [
        *linear(f"{ours}.attention.query", f"{theirs}.attention.self.query", bias=True),
        *linear(f"{ours}.attention.key", f"{theirs}.attention.self.key", bias=True),
        *linear(f"{ours}.attention.value", f"{theirs}.attention.self.value", bias=True),
        *linear(f"{ours}.attention.output", f"{theirs}.attention.output.dense", bias=True),
        *layer_norm(f"{ours}.around_attention.summed", f"{theirs}.attention.output.LayerNorm"),
        *linear(f"{ours}.feed_forward.up", f"{theirs}.intermediate.dense", bias=True),
        *linear(f"{ours}.feed_forward.down", f"{theirs}.output.dense", bias=True),
        *layer_norm(f"{ours}.around_feed_forward.summed", f"{theirs}.output.LayerNorm"),
    ]


def head_ties(config: ModelConfig) -> list[Tie]:
    """The tensors behind the last layer, where tokens are guessed."""
    head = "cls.predictions"
    return [
        *linear("transform.linear", f"{head}.transform.dense", bias=True),
        *layer_norm("transform.norm", f"{head}.transform.LayerNorm"),
        Tie(("embedding.head_bias",), f"{head}.bias"),
        *([] if config.tied else untied_ties(f"{head}.decoder")),
    ]


def untied_ties(theirs: str) -> list[Tie]:
    """A table of its own for writing. It brings a second bias, and that is the one their program adds."""
    return [Tie(("embedding.head.weight",), f"{theirs}.weight"), Tie(("embedding.head_bias",), f"{theirs}.bias")]


def layer_norm(ours: str, theirs: str) -> list[Tie]:
    """A LayerNorm's scale and shift."""
    return [Tie((f"{ours}.scale",), f"{theirs}.weight"), Tie((f"{ours}.shift",), f"{theirs}.bias")]


BERT = Family(
    model_type="bert",
    architectures=tuple(ARCHITECTURES),
    read=read,
    write=write,
    ties=ties,
    prefix="bert.",
    # The numbers of the places, and heads: what they learned is of no use to an encoder.
    harmless=("*.position_ids", "*pooler.dense.*", "cls.seq_relationship.*", "classifier.*"),
    copies={
        "cls.predictions.decoder.weight": "bert.embeddings.word_embeddings.weight",
        "cls.predictions.decoder.bias": "cls.predictions.bias",
    },
    older={"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"},
)
