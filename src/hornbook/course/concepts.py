"""The words of the course: what each means, its formula and paper, where it is done in this package, how it looks.

A column is empty where there is nothing to say. ``place`` is a file below ``src/hornbook`` and what to look for in it,
``figure`` a name of ``hornbook draw``. docs/glossary.md is written from this table; a test holds the two together, and
others look up every place, figure and lesson. Imports no torch. Next: terms.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hornbook.workflows.explain import row

HEADINGS = ("term", "meaning", "formula", "paper", "file", "figure", "lesson")

INTRODUCTION = """\
# Glossary

One line for each word, with its formula and paper where it has one, the file that does it, the picture that shows it
(`hornbook draw NAME`) and the lessons that explain it (`hornbook learn show NN`). `hornbook explain TERM` says it in the
terminal. What a model can be made of, and what it costs, is in [parts.md](parts.md), every setting in
[settings.md](settings.md).

This page is written by `hornbook explain concepts --markdown`; a test holds it against the code.
"""


@dataclass(frozen=True)
class Concept:
    """One line of the table; ``also`` are other names under which it is found."""

    name: str
    lessons: tuple[int, ...]
    meaning: str
    formula: str = ""
    paper: str = ""
    place: str = ""
    figure: str = ""
    also: tuple[str, ...] = ()


VASWANI, RADFORD, DEVLIN, SHAO = "Vaswani et al. 2017", "Radford et al. 2018", "Devlin et al. 2019", "Shao et al. 2024"

CONCEPTS: tuple[Concept, ...] = (
    Concept("ablation", (25,), "switching a part off to see what it was good for", place="evaluation/inside/ablation.py: ablate"),
    Concept("accumulation", (11,), "adding the gradients of several small batches before one step", "∇(L₁ + L₂) = ∇L₁ + ∇L₂", place="training/loop.py: accumulated", also=("gradient accumulation",)),
    Concept("activation", (5,), "the bent function between two layers: GELU, ReLU, SiLU", place="model/feed_forward.py: ACTIVATIONS", figure="activations"),
    Concept("AdamW", (10,), "gradient descent whose step is mean / root of the mean square, with decay taken off the weight apart", "w - rate · (m̂ / (√v̂ + ε) + decay · w)", "Loshchilov & Hutter 2019, algorithm 2", "training/adamw.py: ExplicitAdamW", also=("adam",)),
    Concept("advantage", (19,), "how much better an answer was than others to the same question", "(r - mean of the group) / its deviation", SHAO, "finetuning/reinforce.py: in_deviations"),
    Concept("attention", (4,), "for each token, the mean of the values it may see, weighted by how well its query fits their keys", "softmax(Q Kᵀ / √D) V", f"{VASWANI}, equation 1", "model/kernels.py: explicit", "attention", ("self-attention",)),
    Concept("autograd", (30,), "derivatives by going back through all operations with the chain rule", "dz/dx = dz/dy · dy/dx", "Rumelhart et al. 1986", "course/by_hand.py: backward", also=("backpropagation", "backward pass")),
    Concept("baseline", (8, 15), "what has to be beaten before a number means anything", place="evaluation/baselines.py: baselines", figure="ladder"),
    Concept("batch", (2,), "several texts that are read at once", place="batches.py: Texts"),
    Concept("beam search", (22,), "keeping the k likeliest beginnings instead of one", "log p(text) / tokens^penalty", "Sutskever et al. 2014, 3.2", "generation/beam.py: beam_search", also=("beams",)),
    Concept("beta (DPO)", (18,), "how much a margin counts; small: the model may go far from its reference", paper="Rafailov et al. 2023, equation 7", place="data/config.py: DPO", also=("beta",)),
    Concept("bits per byte", (8,), "the loss per byte of text in bits: compares models with different tokenizers", "nats of the text / ln 2 / its bytes", place="evaluation/loss.py: Measured", figure="ladder", also=("bpb",)),
    Concept("block", (6,), "attention and a feed-forward network, each with a norm, each added to the stream", "y = x + attention(norm(x)); y + thought(norm(y))", f"{VASWANI}, 3.1; Xiong et al. 2020", "model/blocks.py: Block", "decoder", ("layer", "transformer block")),
    Concept("BPE", (1,), "byte-pair encoding: the most frequent pair of tokens becomes a token, again and again", "", "Gage 1994; Sennrich et al. 2016, 3.2", "tokenizers/bytepair.py: learn_merges", "merges", ("byte-pair encoding",)),
    Concept("broadcasting", (30,), "axes of length 1 are repeated as needed", "[T, 1] + [1, S] -> [T, S]"),
    Concept("cache", (23,), "keys and values of what was read, kept while writing", place="model/cache.py: LayerCache", also=("kv cache", "key-value cache")),
    Concept("causal mask", (4,), "hides later tokens: their scores are -∞ before the softmax", "key ≤ query", f"{VASWANI}, 3.2.3", "model/masks.py: Mask", "masks"),
    Concept("checkpoint", (12,), "the weights of a run at one step, with all that going on needs", place="training/checkpoints.py: save_checkpoint"),
    Concept("clipping", (11,), "shortening the gradient to a largest length", "g · min(1, c / |g|)", "Pascanu et al. 2013, algorithm 1", "training/loop.py: finish_gradients", also=("gradient clipping",)),
    Concept("confusion table", (15,), "rows are the truth, columns the answers", place="evaluation/classes.py: ClassScore", also=("confusion matrix",)),
    Concept("context", (2,), "how many tokens a model looks at", place="model/config.py: ModelConfig", figure="loss-by-position", also=("context length",)),
    Concept("continuous batching", (26,), "the next request takes the row that is free, without waiting for the others", paper="Yu et al. 2022", place="generation/engine.py: Engine"),
    Concept("cross-attention", (21,), "queries from the answer, keys and values from the source", "softmax(Q Kᵀ / √D) V, K and V of the source", f"{VASWANI}, 3.2.3", "model/models.py: EncoderDecoder", "encoder-decoder"),
    Concept("cross-entropy", (8,), "-ln of the chance of the right token; its mean is the loss", "-ln p(token)", place="training/objectives.py: token_loss", figure="token-loss"),
    Concept("data parallel", (27,), "every worker has the whole model and a part of the rows", "∇L = sum of the workers' ∇L", "Li et al. 2020", "training/distribution.py: data_parallel"),
    Concept("decay", (10,), "pulling weights towards 0 by a share at each step", "w - rate · decay · w", "Loshchilov & Hutter 2019", "training/adamw.py: ExplicitAdamW", also=("weight decay",)),
    Concept("decoder", (6, 21), "reads and writes from left to right: GPT, Llama", "p(token | those before it)", RADFORD, "model/models.py: Decoder", "decoder"),
    Concept("DPO", (18,), "learning from pairs of answers: the better one becomes likelier than in the reference, the worse one less likely", "-ln sigmoid(β ((c - c₀) - (r - r₀)))", "Rafailov et al. 2023, equation 7", "finetuning/preferences.py: dpo"),
    Concept("dropout", (4,), "setting a share of the numbers to 0 while training, and scaling the others up", "x · kept / (1 - p)", "Srivastava et al. 2014", "model/norms.py: Residual"),
    Concept("embedding", (3,), "the row of a table that stands for a token", "E[token]", "Bengio et al. 2003", "model/models.py: Embedding", "embeddings"),
    Concept("encoder", (20,), "reads a whole text, both ways: BERT", "p(hidden token | all others)", DEVLIN, "model/models.py: Encoder", "encoder"),
    Concept("entropy", (13,), "the mean of -ln p: how uncertain a choice is", "-Σ p ln p", "Shannon 1948", "corpus/story_world/probability.py: entropy"),
    Concept("epoch", (2,), "every text once", place="data/order.py: epochs_and_places"),
    Concept("exposure bias", (21,), "the model has never read its own mistakes", paper="Ranzato et al. 2016", place="workflows/examine.py"),
    Concept("F1", (15,), "harmonic mean of precision and recall", "2 · precision · recall / (precision + recall)", place="evaluation/classes.py: ClassScore"),
    Concept("feed-forward network", (5,), "two matrices with an activation between, for each token alone", "down(activation(up(x)))", f"{VASWANI}, 3.3", "model/feed_forward.py: FeedForward", also=("ffn", "mlp", "feed-forward")),
    Concept("flash attention", (23,), "attention tile by tile with a running maximum: exact, without the table of all scores", "", "Dao et al. 2022", "model/flash.py: flash", also=("flashattention",)),
    Concept("floor", (8, 24), "the loss below which no model gets: the chance in the source itself", "-Σ ln p of the source / tokens", place="evaluation/floor.py: floor_of", figure="loss"),
    Concept("GELU", (5,), "a ReLU with a soft corner", "x · Φ(x)", "Hendrycks & Gimpel 2016", "model/feed_forward.py: ACTIVATIONS", "activations"),
    Concept("gradient", (9, 30), "the derivative of the loss by every weight", "∂L / ∂w", place="training/loop.py: backward"),
    Concept("greedy", (13,), "always the likeliest token", "argmax p(token)", place="generation/sampling.py: greedy"),
    Concept("grouped-query attention", (23,), "several query heads share one key/value head", "", "Ainslie et al. 2023", "model/attention.py: Attention", also=("gqa",)),
    Concept("GRPO", (19,), "rewards against the mean of a group of answers to the same question", "-min(w A, clip(w, 1 - c, 1 + c) A) + kl · D", f"{SHAO}, equation 3", "finetuning/reinforce.py: ReinforceObjective"),
    Concept("head (attention)", (4,), "one of several attentions side by side, each of width D = C / H", "", f"{VASWANI}, 3.2.2", "model/attention.py: Attention", "attention", ("head", "heads", "attention head")),
    Concept("head (classes)", (15,), "the small matrix from a vector to the classes", "W · pooled(x) + b", place="model/heads.py: Classifier", also=("head", "classification head")),
    Concept("induction", (25,), "saying what followed the same token earlier", "", "Olsson et al. 2022", "evaluation/inside/head_scores.py: head_scores", "attention", ("induction head",)),
    Concept("int8, int4", (23,), "whole numbers with a scale for each row or group, instead of floats", "w ≈ scale · q", "Dettmers et al. 2022, 2; Frantar et al. 2023, 2", "model/weight_formats.py: Int8", also=("int8", "int4", "quantisation", "quantization")),
    Concept("key, query, value", (4,), "what a token can be found by, what it looks for, what it gives", "K = x W_k, Q = x W_q, V = x W_v", f"{VASWANI}, 3.2", "model/attention.py: Attention", also=("key", "query", "value")),
    Concept("KL divergence", (23, 25), "how far q is from p: the mean under p of ln p - ln q", "Σ p (ln p - ln q)", "Kullback & Leibler 1951", "evaluation/truth.py: divergences", also=("kl",)),
    Concept("LayerNorm", (5,), "each token brought to mean 0 and variance 1, then scaled and shifted", "(x - mean) / √(variance + ε) · scale + shift", "Ba et al. 2016, equation 4", "model/norms.py: layer_norm", also=("layer norm",)),
    Concept("learning rate", (9, 29), "how long a step is", "w - rate · step", place="training/schedules.py: factor", figure="schedules"),
    Concept("logit lens", (25,), "reading a stream in the middle as if it were the last", "norm(x) Eᵀ after each layer", "nostalgebraist 2020", "evaluation/inside/lens.py: lens_logits", "logit-lens"),
    Concept("logits", (6,), "scores of all tokens before the softmax", "x Eᵀ", place="model/models.py: Embedding"),
    Concept("LoRA", (17,), "a product of two narrow matrices learns beside a frozen one", "W x + alpha / rank · B A x", "Hu et al. 2022, 4.1", "finetuning/low_rank.py: LowRankLinear", "spectrum", ("low rank",)),
    Concept("loss", (8,), "what training makes smaller: here nats per token", "-Σ ln p(token) / tokens", place="evaluation/loss.py: evaluate_loss", figure="loss"),
    Concept("LSTM", (28,), "a recurrent network with a memory that is added to, and gates", "c' = sigmoid(f) · c + sigmoid(i) · tanh(g)", "Hochreiter & Schmidhuber 1997; Gers et al. 2000", "model/recurrent.py: LSTM"),
    Concept("mask (instructions)", (16,), "targets of -100: not asked", place="batches.py: IGNORED", also=("mask", "loss mask")),
    Concept("masked language model", (20,), "guesses hidden tokens", "p(hidden token | all others)", f"{DEVLIN}, 3.1", "data/masking.py: MaskedBatches", also=("mlm",)),
    Concept("merge", (17,), "adding what LoRA learned to its matrix", "W + alpha / rank · B A", "Hu et al. 2022, 4.1", "finetuning/low_rank.py: merge"),
    Concept("min-p", (13,), "keep tokens with at least a share of the likeliest one's chance", "p ≥ share · largest p", "Nguyen et al. 2024", "generation/sampling.py: min_p", "sampling"),
    Concept("nats, bits", (8,), "the unit of -ln p and of -log2 p: 1 nat is 1.443 bits", "bits = nats / ln 2", place="evaluation/loss.py: Measured", also=("nats", "bits", "nat", "bit")),
    Concept("noising", (12,), "some tokens of a batch become others, so that a short text is not learned by heart", "d · N(x *) / c(x)", "Xie et al. 2017", "data/noising.py: Noise", also=("noise", "data noising")),
    Concept("nucleus", (13,), "see top-p", "", "Holtzman et al. 2019", "generation/sampling.py: top_p", "sampling", ("nucleus sampling",)),
    Concept("overfitting", (12,), "the training text is known by heart, and held-out text gets worse", place="training/guards.py: Best", figure="loss"),
    Concept("packing", (16,), "several texts in one row that do not see each other", "", "Ding et al. 2024", "data/packing.py: pack", "masks"),
    Concept("padding", (2, 20), "what fills up short rows; nobody may look at it", place="data/views.py: padded", figure="masks"),
    Concept("perplexity", (8,), "e to the loss: among how many equally likely tokens the model is in doubt", "e^loss", place="evaluation/loss.py: Measured"),
    Concept("position encoding", (3,), "how a model learns where a token stands", "", f"{VASWANI}, 3.5", "model/position_encodings.py: POSITION_ENCODINGS", "sinusoidal", ("position", "positions")),
    Concept("power law", (24,), "what a loss has above its floor falls by one factor whenever a size is doubled", "floor + factor · size^-exponent", "Kaplan et al. 2020; Hoffmann et al. 2022", "evaluation/scaling_law.py: ScalingLaw", also=("scaling law",)),
    Concept("pre-norm", (5,), "the norm stands before each part, and the stream itself is never normed", "x + f(norm(x))", "Xiong et al. 2020", "model/norms.py: Residual"),
    Concept("precision, recall", (15,), "of what was called so, how much is; of what is so, how much was called so", "right / called so; right / are so", place="evaluation/classes.py: ClassScore", also=("precision", "recall")),
    Concept("preset", (29,), "a model with a name: `gpt2`, `gpt2-xl`; `[model] preset = \"gpt2\"` in a recipe", place="model/presets.py: PRESETS", figure="depth-width"),
    Concept("prompt", (7,), "what is given to be continued", place="generation/text.py: encode_prompt"),
    Concept("REINFORCE", (19,), "push up the log-chance of a drawn answer by its reward", "-r · ln p(answer)", "Williams 1992", "finetuning/reinforce.py: plain"),
    Concept("residual", (5,), "what a part computes is added to what came in", "x + f(x)", "He et al. 2016", "model/norms.py: Residual", also=("residual connection", "skip connection")),
    Concept("reward", (19,), "a number that says how good an answer was", place="finetuning/rewards.py: REWARDS"),
    Concept("RoPE", (3,), "rotary positions: pairs of features turned by an angle that grows with the place", "angle = position / base^(2i/D)", "Su et al. 2021", "model/position_encodings.py: RotaryEncoding", "rotary", ("rotary positions",)),
    Concept("sampled softmax", (8,), "the loss among some tokens that stand for all: fewer logits a step", "Z ~ Σ asked e^l + R/m · Σ drawn e^l", "Bengio & Senécal 2008; Jean et al. 2015, 3", "training/candidates.py: draw", also=("candidates",)),
    Concept("sampling", (13,), "drawing the next token by its chance", "", "", "generation/sampling.py: draw", "sampling"),
    Concept("schedule", (11,), "how the learning rate changes over the run: warm-up, then down", "final + (1 - final) · (1 + cos(π · passed)) / 2", "Loshchilov & Hutter 2017", "training/schedules.py: cosine", "schedules"),
    Concept("seed", (2,), "the number from which all chance of a run is made", place="seeds.py: derive"),
    Concept("sharding", (27,), "each worker keeps a part of weights, gradients and averages", "", "Rajbhandari et al. 2020; Zhao et al. 2023", "training/by_hand.py: ShardedOptimizer", also=("zero", "fsdp")),
    Concept("softmax", (4,), "e to each score, divided by the sum", "e^xᵢ / Σ e^xⱼ", place="course/by_hand.py: softmax"),
    Concept("special token", (1, 16), "a mark with one id that no ordinary text can produce", place="tokenizers/special.py: separate"),
    Concept("stop string", (26,), "the text ends before it", place="generation/text.py: Writing", also=("stop",)),
    Concept("stream", (5, 6), "the vector of each token on its way through the blocks", "x₀ + what every part has added", "Elhage et al. 2021", "model/blocks.py: Stack", also=("residual stream",)),
    Concept("target", (2,), "the token that should be predicted at a place", "target(t) = token(t + 1)", place="batches.py: Texts"),
    Concept("teacher forcing", (21,), "the model is shown the right answer so far, not its own", "p(token | source, right tokens before it)", "Williams & Zipser 1989", "training/objectives.py: SequenceToSequence"),
    Concept("temperature", (13,), "scores divided by T: below 1 surer, above 1 wilder", "softmax(logits / T)", "Ackley et al. 1985", "generation/sampling.py: temperature", "sampling"),
    Concept("template", (16,), "how the turns of a conversation are written down", place="data/chat_templates.py: ChatTemplate", also=("chat template",)),
    Concept("tensor", (30,), "a table of numbers with any number of axes"),
    Concept("tied", (6,), "one table for reading and for writing tokens", "logits = x Eᵀ", "Press & Wolf 2017", "model/models.py: Embedding", also=("weight tying",)),
    Concept("token", (1,), "what a model reads and writes: a piece of text with a number", place="tokenizers/protocol.py: Tokenizer", figure="token-lengths"),
    Concept("tokenizer", (1,), "text to tokens and back", place="tokenizers/protocol.py: Tokenizer"),
    Concept("top-k, top-p", (13,), "keep the k likeliest tokens; keep the smallest set that reaches the mass p", "", "Fan et al. 2018; Holtzman et al. 2019", "generation/sampling.py: top_k", "sampling", ("top-k", "top-p")),
    Concept("vocabulary", (1,), "all tokens there are", place="tokenizers/bytepair.py: vocabulary_of", figure="zipf"),
    Concept("warm-up", (11,), "the first steps with a small, rising learning rate", "rate · (step + 1) / (warm-up + 1)", place="training/schedules.py: warmth", figure="schedules", also=("warmup",)),
    Concept("weights", (6,), "the numbers of a model that are learned", place="model/initialise.py: initialise", also=("parameters", "weight")),
)  # fmt: skip
"""In the order of the alphabet."""


def place_of(concept: Concept) -> tuple[str, str]:
    """The file below ``src/hornbook`` and the name in it; either may be empty."""
    file, _, symbol = concept.place.partition(": ")
    return file, symbol


def glossary(concepts: Sequence[Concept] = CONCEPTS) -> str:
    """The page docs/glossary.md."""
    lines = [INTRODUCTION, row(HEADINGS), row(["---"] * len(HEADINGS))]
    for each in concepts:
        file, _ = place_of(each)
        link = f"[`{file.rpartition('/')[2]}`](../src/hornbook/{file})" if file else ""
        figure = f"`{each.figure}`" if each.figure else ""
        lessons = ", ".join(f"{number:02}" for number in each.lessons)
        lines.append(row([each.name, each.meaning, each.formula, each.paper, link, figure, lessons]))
    return "\n".join([*lines, ""])
