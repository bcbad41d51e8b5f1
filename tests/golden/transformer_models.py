"""Transformers as transformers and torchvision define them, their weights by this project's names and roles.

Modules' names are the layers' names of configs/models; weights are random, with every role at work.
"""

import zlib
from pathlib import Path

import numpy
import torch
import yaml

CONFIGS = Path(__file__).resolve().parents[2] / "configs/models"

# Parameters that are not a weight or bias of a layer: the end of their name, and the role.
ROLES = {"cls_token": "token", "class_token": "token", "position_embeddings": "embedding",
         "time_embeddings": "embedding", "relative_position_bias_table": "table", "rel_pos_t": "time",
         "rel_pos_h": "height", "rel_pos_w": "width"}


def generator(name):
    return numpy.random.default_rng(zlib.crc32(name.encode()))


def randomise(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            random, shape = generator(name), tuple(parameter.shape)
            if parameter.dim() >= 2 and name.endswith("weight"):
                value = random.standard_normal(shape) / numpy.sqrt(numpy.prod(shape[1:]))
            elif name.endswith("weight"):
                value = random.uniform(0.5, 1.5, shape)
            else:
                value = random.standard_normal(shape) * 0.3
            parameter.copy_(torch.from_numpy(value.astype(numpy.float32)))


def weights_of(model, rename=None):
    """Arrays by the project's names. `rename` gives the layer of parameters that are no module's weight."""
    norms = {name for name, module in model.named_modules() if isinstance(module, torch.nn.LayerNorm)}
    weights = {}
    for name, parameter in model.named_parameters():
        value = parameter.detach().numpy()
        layer, _, end = name.rpartition(".")
        if end in ROLES:
            role = ROLES[end]
            layer = (rename or {}).get(end, f"{layer}.{end}" if role in ("token", "embedding") else layer)
            if role == "embedding":
                value = value.reshape(*((-1, 1, 1) if end == "time_embeddings" else (1, 1, -1)), value.shape[-1])
            if role == "token":
                value = value.reshape(-1)
        elif layer in norms:
            role = {"weight": "gamma", "bias": "beta"}[end]
        else:
            role = {"weight": "kernel", "bias": "bias"}[end]
            if value.ndim == 4:
                value = value[:, :, None]
        weights[f"{layer}.{role}"] = numpy.ascontiguousarray(value)
    return weights


def config(name):
    return yaml.safe_load((CONFIGS / f"{name}.yaml").read_text())


def videomae(size, small):
    from transformers import VideoMAEConfig, VideoMAEForVideoClassification
    sizes = dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96, image_size=32,
                 num_frames=4, num_labels=5) if small else dict(s=dict(
                     hidden_size=384, num_attention_heads=6, intermediate_size=1536), b={})[size] | dict(num_labels=400)
    model = VideoMAEForVideoClassification(VideoMAEConfig(**sizes, attn_implementation="eager")).eval()
    description = config(f"videomae_{size}")
    if small:
        description["input"] |= dict(frames=4, height=32, width=32)
        description["classes"] = 5
        description["layers"][0]["filters"] = 48
        description["layers"][2] |= dict(width=48, heads=4, hidden=96, repeat=2)
    return model, description, lambda x: model(x.transpose(1, 2)).logits


def change_input(description, **extents):
    description["input"] |= extents
    description["classes"] = 5


def timesformer(small):
    from transformers import TimesformerConfig, TimesformerForVideoClassification
    sizes = dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96, image_size=32,
                 num_frames=3, num_labels=5) if small else dict(num_labels=400)
    model = TimesformerForVideoClassification(TimesformerConfig(**sizes)).eval()
    description = config("timesformer_b")
    if small:
        change_input(description, frames=3, height=32, width=32)
        by_name = {item["name"]: item for item in description["layers"]}
        by_name["timesformer.embeddings.patch_embeddings.projection"]["filters"] = 48
        by_name["patches"] |= dict(time=3, channels=48)
        by_name["row"]["channels"] = 48
        by_name["timesformer.encoder.layer"] |= dict(time=3, places=4, width=48, qkv=144, hidden=96, heads=4,
                                                     repeat=2)
    return model, description, lambda x: model(x.transpose(1, 2)).logits


def mvit(small):
    from torchvision.models.video import mvit as module
    description = config("mvit_v2_s")
    if not small:
        return module.mvit_v2_s().eval(), description, None
    blocks = ((1, 12, 12, 1, 4), (2, 12, 24, 2, 2), (2, 24, 24, 1, 2))  # heads, channels in and out, strides
    settings = [module.MSBlockConfig(heads, i, o, [3] * 3, [3] * 3, [1, q, q], [1, kv, kv])
                for heads, i, o, q, kv in blocks]
    model = module.MViT((32, 32), 4, settings, residual_pool=True, residual_with_cls_embed=False,
                        rel_pos_embed=True, proj_after_attn=True, num_classes=5).eval()
    change_input(description, frames=4, height=32, width=32)
    layers, ends = description["layers"][:3], description["layers"][-4:]
    ends[2]["rate"] = 0  # in training, too
    layers[0]["filters"] = layers[1]["channels"] = 12
    size = 8
    for number, (heads, _, width, q, kv) in enumerate(blocks):
        item = dict(block="same" if q == 1 else "halving", name=f"blocks.{number}", time=2, size=size, key=size // kv,
                    stride_kv=[1, kv, kv], width=width, twice=2 * width, qkv=3 * width, hidden=4 * width,
                    heads=heads)
        if q != 1:
            item["query"] = size // q
        size //= q
        layers.append(item)
    description["layers"] = layers + ends
    return model, description, None


def swin(small):
    from torchvision.models import video
    description = config("swin3d_t")
    if not small:
        return video.swin3d_t().eval(), description, None
    model = video.swin_transformer.SwinTransformer3d([2, 4, 4], 24, [2, 2], [2, 4], [2, 2, 2], num_classes=5).eval()
    change_input(description, frames=8, height=16, width=16)
    layers, ends = description["layers"][:7], description["layers"][-3:]
    layers[0]["filters"] = 24
    for item in layers[2:]:
        if item["block"] == "merging":
            item["width"] = width = 48
            continue
        width = 24 if item["name"] < "features.1" else 48
        item |= dict(width=width, qkv=3 * width, hidden=4 * width, heads=width // 12)
        if "shift" in item:
            item["shift"] = 1
    for item in description["blocks"]["layer"]["layers"]:
        if "window" in item:
            item["window"] = 2
    description["layers"] = layers + ends
    return model, description, None


MODELS = {"timesformer_b": timesformer, "mvit_v2_s": mvit, "swin3d_t": swin, "videomae_s": lambda small: videomae("s", small), "videomae_b": lambda small: videomae("b", small)}


def build(name, small):
    """The model, this project's description of it, and what it gives for N×C×T×H×W."""
    torch.manual_seed(0)
    model, description, run = MODELS[name](small)
    randomise(model)
    return model, description, run or model


def clip_of(description, batch=1):
    given = description["input"]
    shape = (batch, given["channels"], given["frames"], given["height"], given["width"])
    return generator("clip").standard_normal(shape, numpy.float32)
