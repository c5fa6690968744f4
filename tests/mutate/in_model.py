"""Mistakes in the model: masks, attention, cache, positions, norms, blocks."""

from __future__ import annotations

from tests.mutate.mistake import mistakes_in

# fmt: off
MODEL = [
    *mistakes_in(
        "model/masks.py", "model/test_masks.py model/test_attention.py",
        ("Causal: lambda rule, query, key: key <= query", "Causal: lambda rule, query, key: key < query", "a token does not see itself"),
        ("key > query - rule.size", "key >= query - rule.size", "sliding window one too wide"),
        (" & (key != NOTHING)", "", "padding is visible"),
        (" & (query != NOTHING)", "", "padding looks around"),
        ("None] == self.key.document", "None] >= self.key.document", "packed documents see earlier ones"),
        ("<= self.rule.size  #", "<= self.rule.size + 1  #", "a window that is one too short counts as plain causal"),
        ("or self.query.document is not None:", "or False:", "packed rows count as plain causal"),
        ("plain and isinstance(self.rule, Bidirectional)", "isinstance(self.rule, Bidirectional)", "padding counts as all seen"),
    ),
    *mistakes_in(
        "model/kernels.py", "model/test_attention.py model/test_kernels.py model/test_models.py",
        ("causal = True\n", "causal = False\n", "the fused kernel forgets causality"),
        ("values = seen.values.repeat_interleave(sharing, dim=1)", "values = seen.values.repeat(1, sharing, 1, 1)", "values of the wrong key/value head"),
        ("scores = query @ keys.mT * scale", "scores = query @ keys.mT", "explicit scores without the scale"),
        ("is_causal=causal, scale=scale,", "is_causal=causal,", "fused scores without a scale of its own"),
        ("F.dropout(watch(weights), dropout)", "watch(weights)", "explicit attention without dropout"),
        ("F.dropout(watch(weights), dropout) @ values", "watch(F.dropout(weights, dropout)) @ values", "the watcher sees weights after dropout"),
        (".masked_fill(~visible, 0.0)  # a row", "  # a row", "a row that sees nothing answers with a mean of everything"),
        ("elif not mask.all_seen:", "elif False:", "the fused kernel ignores every mask that is not plain"),
    ),
    *mistakes_in(
        "model/attention.py", "model/test_attention.py model/test_kernels.py model/test_models.py",
        ("sizes.head_width**-0.5", "sizes.width**-0.5", "scores scaled by the model's width"),
        ("keys = order.rotate(self.key_norm(self.split(self.key(source))))", "keys = self.key_norm(self.split(self.key(source)))", "keys are not rotated"),
        ("query = order.rotate(self.query_norm(self.split(self.query(hidden))))", "query = order.rotate(self.split(self.query(hidden)))", "queries are not normalised"),
        ("self.dropout if self.training else 0.0", "self.dropout", "attention drops out while evaluating"),
        ("KeysValues(keys, self.split(self.value(source)), order.positions)", "KeysValues(keys, self.split(self.key(source)), order.positions)", "keys offered as values"),
    ),
    *mistakes_in(
        "model/cache.py", "model/test_attention.py model/test_cache.py",
        ("return everything\n", "return self.kept()\n", "early queries see only what late keys left in a rolling cache"),
        ("index != NOTHING) & newest", "index != NOTHING)", "two keys race for one slot", "on a CPU the later one wins anyway"),
        ("index != NOTHING) & newest", "index == index) & newest", "padding is written over a token"),
        ("self.length += new.keys.shape[2]", "self.length = new.keys.shape[2]", "the cache forgets how long the text is"),
        ("min(rule.size, longest) if", "min(rule.size - 1, longest) if", "a window's cache one slot too small"),
        ("copy.index = self.index.repeat_interleave(times, dim=0)", "copy.index = self.index.repeat(times, 1)", "copies of a row get another row's positions"),
    ),
    *mistakes_in(
        "model/position_encodings.py", "model/test_position_encodings.py model/test_attention.py model/test_cache.py",
        ("right * cosine + left * sine", "right * cosine - left * sine", "the rotation is no rotation (both kernels share it)"),
        ("dtype=torch.float32) / width)", "dtype=torch.float32) / (width + 1))", "the speeds of the waves are a little off"),
        ("angle.sin(), angle.cos()], dim=-1).flatten(-2)", "angle.cos(), angle.sin()], dim=-1).flatten(-2)", "sine and cosine exchanged"),
        ("return hidden + self.table.weight[: hidden.shape[1]]", "return hidden + self.table.weight[-hidden.shape[1] :]", "learned positions counted from the end"),
        ("if length > context:", "if length > context + 1:", "one token too many is let through"),
        ("hidden + F.embedding(positions.index.clamp(min=0), self.table.weight)", "hidden + self.table.weight[: hidden.shape[1]]", "learned positions ignore where packed tokens stand"),
        ("positions.index[:1] if positions.plain else", "positions.index[:1] if True else", "every row is given the first row's positions"),
        ("RotaryEncoding(sizes.head_width, config.base)", "RotaryEncoding(sizes.head_width, 10_000.0)", "the base of the rotation is ignored"),
    ),
    *mistakes_in(
        "model/norms.py", "model/test_norms.py",
        ("centred.square().mean(-1", "hidden.square().mean(-1", "layer norm divides by the raw second moment"),
        ("return hidden * torch.rsqrt(", "return (hidden - hidden.mean(-1, keepdim=True)) * torch.rsqrt(", "rms norm centres"),
        ("F.layer_norm(wide, scale.shape, scale, shift, self.epsilon)", "F.layer_norm(wide, scale.shape, scale, shift)", "the epsilon of a layer norm is ignored"),
        ("F.rms_norm(wide, scale.shape, scale, self.epsilon)", "F.rms_norm(hidden, scale.shape, self.scale, self.epsilon)", "rms norm in 16 bits", "PyTorch's kernel widens 16 bits itself when scale and stream differ in type"),
        ("hidden + self.dropout(self.after(branch(self.before(hidden))))", "self.dropout(hidden + self.after(branch(self.before(hidden))))", "dropout falls on the stream itself"),
        ("hidden + self.dropout(self.after(branch(self.before(hidden))))", "self.before(hidden) + self.dropout(self.after(branch(self.before(hidden))))", "the stream itself is normalised"),
        ('"sandwich": (True,  True,  False)', '"sandwich": (True,  False, True)', "sandwich norms stand elsewhere"),
    ),
    *mistakes_in(
        "model/feed_forward.py", "model/test_feed_forward.py",
        ("self.activation(self.gate(hidden)) * raised", "self.activation(raised) * self.gate(hidden)", "gate and value exchanged"),
        ('"gelu": F.gelu,', '"gelu": partial(F.gelu, approximate="tanh"),', "gelu is the approximation"),
    ),
    *mistakes_in(
        "model/blocks.py", "model/test_models.py model/test_cache.py",
        ("new if cache is None else cache.extend(new)", "new", "the cache is never asked"),
        ("dict.fromkeys(config.position_encodings)", "config.position_encodings", "equal position encodings are not shared"),
        ("self.dropout(self.first_norm(hidden))", "self.dropout(hidden)", "the norm of the embedding is never applied"),
        ("last: Tensor = self.norm(hidden)", "last: Tensor = hidden", "the last norm is never applied"),
    ),
    *mistakes_in(
        "model/models.py", "model/test_models.py model/test_cache.py",
        ("math.sqrt(config.width) if config.embedding_scale", "config.width if config.embedding_scale", "embeddings are scaled by the width"),
        ("cache[0].length if cache else 0", "0", "decoding starts to count anew at every token"),
        ("self.tokens.weight if self.head is None else self.head.weight", "self.tokens.weight", "an untied head is never used"),
    ),
    *mistakes_in(
        "model/initialise.py", "model/test_initialise.py",
        ("math.sqrt(2 * config.depth)", "math.sqrt(config.depth)", "projections into the stream begin too wide"),
        ("return 1 / math.sqrt(config.width)", "return 1.0", "scaled embeddings begin too wide"),
        ('torch_generator(seed, "init", name)', 'torch_generator(seed, "init")', "all parameters begin with the same numbers"),
    ),
    *mistakes_in(
        "model/count.py", "model/test_count.py",
        ("if not config.tied:", "if config.tied:", "the head is counted where it is shared"),
        ("return 3 * self.flops_per_token(context)", "return 2 * self.flops_per_token(context)", "the backward pass is counted once"),
        ("return 2 * self.config.depth *", "return self.config.depth *", "the cache holds keys and no values"),
        ("min(time, rule.size) if", "time if", "a sliding window costs as much as a full one"),
    ),
]
