"""Lesson 30, PyTorch in a page. Read it here, as a notebook or with ``hornbook learn show 30``."""

# %% [markdown]
# # 30. Appendix: PyTorch in a page
#
# **Question:** What of PyTorch does one have to know to read this package?
#
# **You need:** Python. Nothing else; you may read this first.
#
# **Minutes:** 18
#
# PyTorch is four things: tables of numbers (*tensors*), derivatives by themselves (*autograd*), building blocks
# (*modules*), and the same code on other processors (*devices*).
#
# ## Tensors
#
# A tensor is a table of numbers with any number of axes. Its *shape* says how long each is. Here shapes stand behind
# the lines: `[2,3]` is two rows of three.

# %%
from __future__ import annotations

import torch
from torch import Tensor, nn

from hornbook.batches import Texts
from hornbook.data.order import epochs_and_places
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.training.config import AdamW
from hornbook.training.devices import choose_device, moved
from hornbook.training.objectives import next_token
from hornbook.training.optimizers import build_optimizer

table = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # [2,3]
assert tuple(table.shape) == (2, 3) and table.dtype == torch.float32
assert table[1, 0] == 4 and table[:, 1].tolist() == [2, 5] and table[-1].tolist() == [4, 5, 6]
assert torch.tensor([1, 2]).dtype == torch.int64  # whole numbers are for ids and places

# %% [markdown]
# **Sums along an axis.** `sum(0)` adds up the rows (the first axis disappears), `sum(-1)` adds up within each row. To
# keep the axis with length 1, say `keepdim=True`; then the result still fits the table.

# %%
assert table.sum(0).tolist() == [5, 7, 9] and table.sum(-1).tolist() == [6, 15]
shares = table / table.sum(-1, keepdim=True)  # [2,3] / [2,1]
assert torch.allclose(shares.sum(-1), torch.ones(2))

# %% [markdown]
# **Broadcasting.** Where an axis is 1, or missing at the front, it is repeated as needed. `[2,3] + [3]` adds the same
# three numbers to both rows. `[3,1] + [1,4]` makes `[3,4]`, all pairs. It is handy, and it hides mistakes: `[5] -
# [5,1]` is no error, it is `[5,5]`.

# %%
assert (table + torch.tensor([10.0, 20.0, 30.0]))[1].tolist() == [14, 25, 36]
pairs = torch.arange(3)[:, None] - torch.arange(4)[None, :]  # [3,4]: all differences
assert pairs[2].tolist() == [2, 1, 0, -1]
assert (torch.zeros(5) - torch.zeros(5, 1)).shape == (5, 5)  # the trap

# %% [markdown]
# **Products.** `*` multiplies number by number, `@` is the product of matrices: `[2,3] @ [3,4]` gives `[2,4]`; the
# inner sizes must agree. With more axes the last two are multiplied and the others stay: `[B,H,T,D] @ [B,H,D,S]`.
#
# **Shapes.** `view` and `reshape` cut the same numbers differently, in their order. `transpose` exchanges axes. These
# are not the same: `[[1,2,3],[4,5,6]]` viewed as `[3,2]` is 1 2 / 3 4 / 5 6, transposed it is 1 4 / 2 5 / 3 6.

# %%
assert (table @ torch.ones(3, 4)).shape == (2, 4)
assert table.view(3, 2).tolist() == [[1, 2], [3, 4], [5, 6]]
assert table.T.tolist() == [[1, 4], [2, 5], [3, 6]]
features = torch.randn(2, 5, 12, generator=torch_generator(30, "heads"))  # [B,T,C]
heads = features.view(2, 5, 3, 4).transpose(1, 2)  # [B,H,T,D]
assert torch.equal(heads[0, 1, 3], features[0, 3, 4:8])  # the second head of the fourth token
assert heads.shape == (2, 3, 5, 4) and (heads @ heads.mT).shape == (2, 3, 5, 5)

# %% [markdown]
# **Looking up.** A table indexed with whole numbers gives rows: `table[ids]`. This is an embedding. It is the same as a
# product with *one-hot* rows, only quicker. And views share memory: what is written to one is seen in the other.

# %%
ids = torch.tensor([1, 1, 0])
one_hot = torch.nn.functional.one_hot(ids, 2).float()
assert torch.equal(table[ids], one_hot @ table)
shared = table.clone()
shared.view(6)[0] = 100.0
assert shared[0, 0] == 100 and table[0, 0] == 1

# %% [markdown]
# ## Autograd
#
# PyTorch remembers every operation on a tensor with `requires_grad=True`, and `backward()` goes back through them
# with the chain rule. By hand: y = (3x - 1)², at x = 2. Inside is 5; dy/d(inside) = 2 · 5 = 10; d(inside)/dx = 3; so
# dy/dx = 30.

# %%
x = torch.tensor(2.0, requires_grad=True)
y = (3 * x - 1) ** 2
y.backward()
assert y.item() == 25 and x.grad is not None and x.grad.item() == 30
tiny = 1e-3
slope = (((3 * (2 + tiny) - 1) ** 2) - ((3 * (2 - tiny) - 1) ** 2)) / (2 * tiny)
print(f"dy/dx by autograd {x.grad.item()}, by trying {slope:.4f}")
assert abs(slope - 30) < 1e-6

((3 * x - 1) ** 2).backward()
assert x.grad.item() == 60  # gradients are ADDED: set them to None before the next step

# %% [markdown]
# `with torch.no_grad():` remembers nothing: for measuring and writing. `detach()` cuts a tensor off: it becomes a plain
# number for whatever follows.

# %%
with torch.no_grad():
    assert not (3 * x).requires_grad
half = (3 * x).detach() * x  # the first x is a number now
x.grad = None
half.backward()
assert x.grad.item() == 6.0  # and not 12, as d(3x²)/dx would be

# %% [markdown]
# ## Modules
#
# A module holds parameters and other modules, and says in `forward` what it computes. Whatever is assigned as an
# attribute is found by `parameters()`. A plain list hides it; use `nn.ModuleList`.


# %%
class Network(nn.Module):
    """Two layers with GELU between."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(0.5)

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., C] to [..., C]."""
        return self.dropout(self.down(nn.functional.gelu(self.up(hidden))))


class Hiding(nn.Module):
    """A layer in a plain list: nobody finds it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(3, 3)]


network = Network(8)
assert sorted(name for name, _ in network.named_parameters()) == ["down.bias", "down.weight", "up.bias", "up.weight"]
assert sum(each.numel() for each in network.parameters()) == 8 * 32 + 32 + 32 * 8 + 8
assert list(Hiding().parameters()) == []
given = torch.ones(1, 8)
assert torch.equal(network.eval()(given), network(given))  # eval(): no dropout
with torch.random.fork_rng():
    torch.manual_seed(0)
    assert not torch.equal(network.train()(given), network(given))  # train(): chance

copy = Network(8)
copy.load_state_dict(network.state_dict())  # all numbers by name
assert torch.equal(copy.eval()(given), network.eval()(given))

# %% [markdown]
# ## Data
#
# PyTorch has a `DataLoader`. This package uses a plain loop: the rows of a step are a function of the seed and the
# number of the step. So a run that was interrupted goes on with the very rows that would have come.

# %%
first, rows = epochs_and_places(0, 4, 10, 7)[1], epochs_and_places(5, 4, 10, 7)[1]
assert len(first) == 4 and rows.tolist() == epochs_and_places(5, 4, 10, 7)[1].tolist()
epoch = [place for step in range(5) for place in epochs_and_places(step, 2, 10, 7)[1].tolist()]
assert sorted(epoch) == list(range(10))  # in an epoch every row comes once

# %% [markdown]
# ## Devices
#
# A tensor lives on a device: the processor (`cpu`) or a graphics card (`cuda`). `tensor.to(device)` copies it there.
# Model and data have to be on the same one. The rest of the code does not change.

# %%
device = choose_device("auto")
print("this machine computes on:", device)
batch = Texts(torch.tensor([[1, 2, 3]]), torch.tensor([[2, 3, 4]]))
assert moved(batch, device).tokens.device.type == device.type
assert torch.zeros(2, device="meta").shape == (2,)  # a device that has shapes and no numbers

# %% [markdown]
# ## All together
#
# Five lines are every training there is: loss, gradients, step, forget, again.

# %%
config = ModelConfig(vocabulary=6, context=4, width=16, heads=2, depth=1)
model = Decoder(config)
initialise(model, config, seed=0)
optimizer = build_optimizer(AdamW(learning_rate=1e-2, weight_decay=0.0), model)
losses = []
for _ in range(30):
    loss = next_token(model, batch)
    (loss.total / loss.count).backward()
    optimizer.step()
    model.zero_grad()
    losses.append(float(loss.total.detach()) / 3)
print(f"loss {losses[0]:.2f} -> {losses[-1]:.2f}")
assert losses[-1] < 0.5 * losses[0]
assert all(parameter.grad is None for parameter in model.parameters())  # nothing is left over for a next step

# %% [markdown]
# ## What people get wrong
#
# - **Forgetting to clear gradients.** They add up, step after step.
# - **`view` for `transpose`.** The shape is right and the numbers are in the wrong places.
# - **Broadcasting by accident**, above all `[B] - [B,1]`.
# - **`loss.item()` missing** in a list of losses: it keeps the whole history in memory.
# - **`eval()` forgotten.** Dropout then runs while measuring.
# - **Layers in a plain list.**
# - **`no_grad` around the training loop.** Nothing is learned, and `backward` complains.
# - **Softmax without `dim`.**
#
# ## Exercises
#
# `hornbook learn start 30` writes the functions to fill in, `hornbook learn check 30` grades them.
#
# ### `distances(points: Tensor) -> Tensor`
#
# From places on a line `[N]` the distance of each from each, `[N, N]`, without a loop.
#
# Hint: `points[:, None] - points[None, :]`.
#
# ### `derivative(function: Callable[[Tensor], Tensor], at: float) -> float`
#
# The derivative of a function of one number, by autograd.
#
# Hint: a tensor with `requires_grad=True`, then `backward()`; return a plain number.
#
# ### `pick(scores: Tensor, targets: Tensor) -> Tensor`
#
# From scores `[B, V]` the one of each row's target `[B]`, without a loop: `[B]`.
#
# Hint: `gather`, or index with `torch.arange(B)`.
