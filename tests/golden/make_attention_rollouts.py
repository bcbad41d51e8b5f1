#!/usr/bin/env python3
"""Attention roll-out of the small transformers of tests/golden/transformers, by the definition, with the weights of
attention that their own packages compute: NAME/rollout.npy, T x H x W of the patches, shares that add up to 1.

Needs what make_transformer_goldens.py needs.
"""

from pathlib import Path

import numpy
import torch

from transformer_models import build, clip_of

HERE = Path(__file__).resolve().parent


def attention_weights(run, clip):
    """Of each softmax over four axes or more that the network takes, in order: the mean over heads."""
    seen, plain = [], torch.Tensor.softmax

    def keep(values, *arguments, **named):
        result = plain(values, *arguments, **named)
        if result.dim() >= 4:
            seen.append(result.detach().double().mean(-3).numpy())
        return result

    torch.Tensor.softmax = keep
    try:
        with torch.no_grad():
            run(torch.from_numpy(clip))
    finally:
        torch.Tensor.softmax = plain
    return seen


def half(a, b):
    return (a + b) / 2


def videomae(weights, patches):
    """Positions are rows; each attention is a matrix."""
    mass = numpy.eye(numpy.prod(patches))
    for one in weights:
        mass = half(mass, one[0] @ mass)
    return mass.mean(0)


def timesformer(weights, patches):
    """Over time at each place, then over the class token and the places of each sample."""
    samples, places = patches[0], patches[1] * patches[2]
    all_of_them = numpy.eye(1 + samples * places)  # the last column is the class token's
    token, others = all_of_them[-1], all_of_them[:-1].reshape(samples, places, -1)
    for in_time, in_space in zip(weights[::2], weights[1::2]):
        others = half(others, numpy.einsum("pst,tpq->spq", in_time, others))
        row = numpy.concatenate([numpy.broadcast_to(token, (samples, 1, token.size)), others], 1)
        row = numpy.einsum("sij,sjq->siq", in_space, row)
        token, others = half(token, row[:, 0].mean(0)), half(others, row[:, 1:])
    return token[:-1]


def swin(weights, patches):
    """In windows of 2, every other time rolled by one where there is more than one window; four places become one."""
    mass = numpy.eye(numpy.prod(patches)).reshape(*patches, -1)
    for number, one in enumerate(weights):
        if number == 2:  # after two blocks
            t, h, w, q = mass.shape
            mass = mass.reshape(t, h // 2, 2, w // 2, 2, q).mean((2, 4))
        shift = [1 if number % 2 and extent > 2 else 0 for extent in mass.shape[:3]]
        rolled = numpy.roll(mass, [-s for s in shift], (0, 1, 2))
        t, h, w, q = rolled.shape
        windows = rolled.reshape(t // 2, 2, h // 2, 2, w // 2, 2, q).transpose(0, 2, 4, 1, 3, 5, 6).reshape(-1, 8, q)
        mixed = (one @ windows).reshape(t // 2, h // 2, w // 2, 2, 2, 2, q).transpose(0, 3, 1, 4, 2, 5, 6)
        mass = half(mass, numpy.roll(mixed.reshape(t, h, w, q), shift, (0, 1, 2)))
    return mass.mean((0, 1, 2))


# How many patches, and how they are followed.
NETWORKS = {"videomae_s": ((2, 2, 2), videomae), "timesformer_b": ((3, 2, 2), timesformer), "swin3d_t": ((4, 4, 4), swin)}


def main():
    for name, (patches, follow) in NETWORKS.items():
        _, description, run = build(name, small=True)
        weights = attention_weights(run, clip_of(description))
        shares = follow(weights, patches)
        shares = (shares / shares.sum()).reshape(patches)
        numpy.save(HERE / "transformers" / name / "rollout.npy", shares.astype(numpy.float32))
        print(name, len(weights), "attentions, from", shares.min(), "to", shares.max())


if __name__ == "__main__":
    main()
