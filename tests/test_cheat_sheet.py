"""The rows of the cheat-sheet give the same numbers in every library that is installed."""

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

PAGE = Path(__file__).parent.parent / "chapters" / "appendix" / "cheat-sheet.md"
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")  # by importing Keras

HEAD = "| PyTorch | NumPy | JAX | Keras |"
INSTALLED = [library for library in ("numpy", "jax", "keras") if importlib.util.find_spec(library)]


def rows() -> Iterator[list[str]]:
    """Each row as four expressions, an empty one where the library has none."""
    inside = False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line == HEAD:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            cells = re.findall(r"`([^`]+)`|\| (—) ", line)
            yield [code for code, _ in cells]


def givens() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    S = rng.normal(size=(3, 3))
    return {
        "x": rng.normal(size=(2, 3)), "y": rng.normal(size=(2, 3)), "z": rng.normal(size=(2, 3, 4)),
        "A": rng.normal(size=(2, 3)), "B": rng.normal(size=(3, 4)), "S": S @ S.T + np.eye(3),
        "v": rng.normal(size=3), "t": np.array([2, 1]), "m": rng.normal(size=(2, 3)) > 0,
        "i": rng.integers(0, 3, size=(2, 3)),
    }  # fmt: skip


def languages() -> dict[str, dict[str, Any]]:
    """By library: the names that its column uses."""
    known = givens()
    spoken: dict[str, dict[str, Any]] = {
        "torch": {k: torch.tensor(a) for k, a in known.items()}
        | {"torch": torch, "F": F, "f": lambda v: (v.sin() * v).sum()},
        "numpy": known | {"np": np, "f": lambda v: (np.sin(v) * v).sum()},
    }
    if "jax" in INSTALLED:
        import jax
        from jax import numpy as jnp

        jax.config.update("jax_enable_x64", True)
        own = {k: jnp.asarray(a) for k, a in known.items()}
        own |= {"jax": jax, "jnp": jnp, "f": lambda v: (jnp.sin(v) * v).sum()}
        spoken["jax"] = own
    if "keras" in INSTALLED:
        os.environ.setdefault("KERAS_BACKEND", "jax" if "jax" in INSTALLED else "torch")
        import keras
        from keras import ops as K

        keras.config.set_floatx("float64")
        own = {k: K.convert_to_tensor(a) for k, a in known.items()}
        own |= {"keras": keras, "K": K, "f": lambda v: K.sum(K.sin(v) * v)}
        spoken["keras"] = own
    return spoken


def test_the_tables_are_there() -> None:
    assert len(list(rows())) >= 50
    assert all(len(row) == 4 for row in rows())


@pytest.mark.parametrize("library", INSTALLED)
def test_every_column_gives_what_pytorchs_gives(library: str) -> None:
    spoken = languages()
    column = ["torch", "numpy", "jax", "keras"].index(library)
    said = 0
    for row in rows():
        if not row[column]:
            continue
        ours = np.asarray(eval(row[0], spoken["torch"]))
        theirs = np.asarray(eval(row[column], spoken[library]))
        assert ours.shape == theirs.shape, row
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-6, err_msg=row[column])
        said += 1
    assert said >= 40


def test_what_means_something_else_in_numpy_does() -> None:
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp([709.0, 710.0])).tolist() == [False, True]
        assert np.isinf(np.exp(np.float32([88, 89]))).tolist() == [False, True]
    pair = [1.0, 3.0]
    assert (np.std(pair), torch.tensor(pair).std().item()) == (1.0, pytest.approx(2**0.5))
    assert torch.tensor(np.array(pair)).dtype == torch.float64 != torch.tensor(pair).dtype


@pytest.mark.skipif("jax" not in INSTALLED, reason="JAX is not installed")
def test_what_means_something_else_in_jax_does() -> None:
    import jax
    from jax import numpy as jnp

    three = jnp.arange(3.0)
    assert three[7] == 2
    assert jnp.isnan(jnp.take(three, 7))
    assert three.at[7].set(5.0).tolist() == [0, 1, 2]
    assert jnp.std(jnp.array([1.0, 3.0])) == 1
    exact = F.gelu(torch.tensor(1.0)).item()
    assert abs(float(jax.nn.gelu(1.0)) - exact) > 1e-4
    with pytest.raises(TypeError, match="immutable"):
        three[0] = 1


@pytest.mark.skipif("keras" not in INSTALLED, reason="Keras is not installed")
def test_what_means_something_else_in_keras_does() -> None:
    languages()
    import keras

    norm, dense = keras.layers.BatchNormalization(), keras.layers.Dense(4)
    batch = np.random.default_rng(0).normal(5, 1, size=(100, 3))
    norm(batch, training=True)
    assert norm.momentum == 0.99
    np.testing.assert_allclose(np.asarray(norm.moving_mean), 0.01 * batch.mean(0), rtol=1e-4)
    dense(batch)
    assert tuple(dense.kernel.shape) == (3, 4)
    assert keras.config.image_data_format() == "channels_last"
    assert keras.optimizers.Adam().epsilon == 1e-7
    assert norm.epsilon == keras.layers.LayerNormalization().epsilon == 1e-3
    assert torch.nn.LayerNorm(3).eps == torch.nn.BatchNorm1d(3).eps == 1e-5
    exact = F.gelu(torch.tensor(1.0)).item()
    assert abs(float(keras.ops.gelu(np.float64(1.0))) - exact) > 1e-4
    assert abs(float(keras.activations.gelu(np.float64(1.0))) - exact) < 1e-6
