"""Networks of configs/models (and training/small_residual.yaml) in PyTorch, trained for 20 steps.

Parameters have our names, shapes and first values (training_formulas.py), computed in float64. Keras' forms
are written out: 'same' padding puts the odd sample behind, batch norm has epsilon 1e-3 and comes after the
ReLU, flatten counts time, height, width, channels, an LSTM has one bias and its gates are i, f, c, o.
"""

import math

import torch
from torch.nn import functional

from training_formulas import name_stream, noise_of_shape

STEPS = 20


def fans(shape):
    positions = math.prod(shape[2:])
    return shape[0] * positions + shape[1] * positions


def first_value(name, shape):
    role = name.rsplit(".", 1)[1]
    if role in ("kernel", "recurrent_kernel"):
        scale, shift = math.sqrt(6.0 / fans(shape)), 0.0
    else:
        scale, shift = 0.1, 1.0 if role == "gamma" else 0.0
    values = torch.from_numpy(noise_of_shape(shape, name_stream(name), scale)) + torch.tensor(shift)
    return values


class Parameters:
    """Parameters by our names, made when a network's function first asks for them."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.values = {}

    def __call__(self, name, *shape):
        if name not in self.values:
            self.values[name] = first_value(name, shape).to(self.dtype).requires_grad_()
        return self.values[name]

    def groups(self, decay):
        kernels = [v for n, v in self.values.items() if n.endswith("kernel")]
        others = [v for n, v in self.values.items() if not n.endswith("kernel")]
        return [{"params": kernels, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def same_padding(x, kernel, stride):
    pads = []
    for axis in (4, 3, 2):
        extent = x.shape[axis]
        total = max((math.ceil(extent / stride) - 1) * stride + kernel - extent, 0)
        pads += [total // 2, total - total // 2]
    return functional.pad(x, pads)


def conv3d(p, name, x, filters, kernel=3, stride=1, padding=0, bias=True):
    sizes = (kernel,) * 3 if isinstance(kernel, int) else kernel
    weight = p(name + ".kernel", filters, x.shape[1], *sizes)
    shift = p(name + ".bias", filters) if bias else None
    if padding == "same":
        x, padding = same_padding(x, kernel, stride), 0
    return functional.conv3d(x, weight, shift, stride, padding)


def conv2d(p, name, x, filters):
    weight = p(name + ".kernel", filters, x.shape[1], 1, 3, 3)
    return functional.conv3d(x, weight, p(name + ".bias", filters), padding=(0, 1, 1))


def batch_norm(p, name, x, epsilon=1e-3):
    channels = x.shape[1]
    return functional.batch_norm(x, None, None, p(name + ".gamma", channels), p(name + ".beta", channels),
                                 True, 0.0, epsilon)


def dense(p, name, x, units):
    return functional.linear(x, p(name + ".kernel", units, x.shape[1]), p(name + ".bias", units))


def flatten(x):
    return x.permute(0, 2, 3, 4, 1).flatten(1)


def lstm(p, name, sequence, units):
    kernel = p(name + ".kernel", 4 * units, sequence.shape[2])
    recurrent = p(name + ".recurrent_kernel", 4 * units, units)
    bias = p(name + ".bias", 4 * units)
    h = c = sequence.new_zeros(sequence.shape[0], units)
    for step in range(sequence.shape[1]):
        gates = sequence[:, step] @ kernel.T + h @ recurrent.T + bias
        i, f, g, o = gates.chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
    return h


def relu(x):
    return functional.relu(x)


def pool(x, size=2):
    return functional.max_pool3d(x, size)


def stages(p, x, filters):
    for number, count in enumerate(filters, 1):
        x = relu(conv3d(p, f"stage{number}.conv", x, count, padding="same"))
        x = pool(batch_norm(p, f"stage{number}.norm", x))
    return x


def robust_3d(p, x):
    return dense(p, "fc", flatten(stages(p, x, (16, 32, 64))), 10)


def multichannel_3d(p, x):
    return dense(p, "fc", flatten(stages(p, x, (16, 32))), 10)


def video_branch(p, x):
    x = pool(relu(conv3d(p, "video.conv1", x, 32, padding="same")))
    x = pool(relu(conv3d(p, "video.conv2", x, 64, padding="same")))
    return x.amax(2, keepdim=True)


def fusion_pool(p, x):
    x = video_branch(p, x)
    x = pool(relu(conv2d(p, "picture.conv1", x, 128)), (1, 2, 2))
    x = relu(conv2d(p, "picture.conv2", x, 256))
    return dense(p, "fc", x.mean((2, 3, 4)), 5)


def fusion_concat(p, x):
    picture = x[:, :, :1]
    picture = pool(relu(conv2d(p, "picture.conv1", picture, 64)), (1, 2, 2))
    picture = pool(relu(conv2d(p, "picture.conv2", picture, 128)), (1, 2, 2))
    x = torch.cat([video_branch(p, x), picture], 1)
    x = relu(conv2d(p, "joined.conv", x, 256))
    return dense(p, "fc", x.mean((2, 3, 4)), 5)


def cnn_lstm(p, x):
    x = pool(relu(conv3d(p, "conv1", x, 32, padding=(0, 1, 1))), (1, 2, 2))
    x = pool(relu(conv3d(p, "conv2", x, 64, padding=(0, 1, 1))), (1, 2, 2))
    return dense(p, "fc", lstm(p, "lstm", x.mean((3, 4)).transpose(1, 2), 128), 5)


def conv3d_strided(p, x):
    x = batch_norm(p, "norm", relu(conv3d(p, "conv", x, 32, stride=2, padding="same")))
    return dense(p, "fc", pool(x).mean((2, 3, 4)), 10)


def simple_3d(p, x):
    return dense(p, "fc", flatten(pool(relu(conv3d(p, "conv", x, 32)))), 1)


def batchnorm_3d(p, x):
    return dense(p, "fc", flatten(pool(batch_norm(p, "norm", relu(conv3d(p, "conv", x, 32))))), 1)


def batchnorm_3d_torch(p, x):
    return dense(p, "fc", flatten(pool(relu(batch_norm(p, "norm", conv3d(p, "conv", x, 32), 1e-5)))), 1)


def conv_norm(p, name, x, filters, kernel=3, stride=1, padding=1):
    x = conv3d(p, name + ".conv", x, filters, kernel, stride, padding, bias=False)
    return batch_norm(p, name + ".norm", x, 1e-5)


def small_residual(p, x):
    x = relu(conv_norm(p, "stem", x, 16, (3, 5, 5), (1, 2, 2), (1, 2, 2)))
    inner = relu(conv_norm(p, "block1.first", x, 16))
    x = relu(conv_norm(p, "block1.second", inner, 16) + x)
    inner = relu(conv_norm(p, "block2.first", x, 24, stride=2))
    shortcut = conv_norm(p, "block2.shortcut", x, 24, 1, 2, 0)
    x = relu(conv_norm(p, "block2.second", inner, 24) + shortcut)
    return dense(p, "fc", x.mean((2, 3, 4)), 4)


SMALL = ["input.height=32", "input.width=32"]

# function, changes to its model file, clip, SGD's rate, AdamW's rate
NETWORKS = [
    (robust_3d, ["layers.4.rate=0", *SMALL], (3, 10, 32, 32), 0.00005, 0.00002),
    (multichannel_3d, SMALL, (4, 10, 32, 32), 0.00001, 0.00002),
    (fusion_pool, SMALL, (1, 10, 32, 32), 0.005, 0.0001),
    (fusion_concat, SMALL, (1, 10, 32, 32), 0.01, 0.0001),
    (cnn_lstm, SMALL, (1, 10, 32, 32), 0.02, 0.0003),
    (conv3d_strided, ["input.frames=16", *SMALL], (3, 16, 32, 32), 0.02, 0.002),
    (simple_3d, [], (1, 16, 16, 16), 0.002, 0.0003),
    (batchnorm_3d, [], (1, 16, 16, 16), 0.00005, 0.00005),
    (batchnorm_3d_torch, [], (1, 16, 16, 16), 0.00005, 0.00005),
    (small_residual, [], (3, 8, 16, 16), 0.005, 0.0005),
]
BATCH = 4
BATCHES = 2  # taken in turn
MOMENTUM, SGD_DECAY, ADAM_DECAY = 0.9, 1e-3, 1e-2


def clip_batch(number, clip, dtype):
    """Noise, brighter with the clip's label so that there is something to learn."""
    labels = [(3 * clip_number + number) % BATCH for clip_number in range(BATCH)]
    x = torch.from_numpy(noise_of_shape((BATCH, *clip), 1000 + number))
    for clip_number, label in enumerate(labels):
        x[clip_number] += 0.25 * label
    return x.to(dtype), labels


def loss_of(logits, labels):
    if logits.shape[1] == 1:
        second = torch.tensor([label % 2 for label in labels]).to(logits)[:, None]
        return functional.binary_cross_entropy_with_logits(logits, second)
    return functional.cross_entropy(logits, torch.tensor(labels))


def train(network, clip, kind, rate, dtype):
    parameters = Parameters(dtype)
    batches = [clip_batch(number, clip, dtype) for number in range(BATCHES)]
    with torch.no_grad():
        network(parameters, batches[0][0])
    if kind == "sgd":
        optimizer = torch.optim.SGD(parameters.groups(SGD_DECAY), lr=rate, momentum=MOMENTUM, nesterov=True)
    else:
        optimizer = torch.optim.AdamW(parameters.groups(ADAM_DECAY), lr=rate)
    losses = []
    for step in range(STEPS):
        x, labels = batches[step % BATCHES]
        optimizer.zero_grad()
        loss = loss_of(network(parameters, x), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def network_records():
    for network, overrides, clip, sgd_rate, adam_rate in NETWORKS:
        for kind, rate, decay in (("sgd", sgd_rate, SGD_DECAY), ("adamw", adam_rate, ADAM_DECAY)):
            losses = train(network, clip, kind, rate, torch.float64)
            single = train(network, clip, kind, rate, torch.float32)
            off = max(abs(a - b) / a for a, b in zip(losses, single))
            print(f"{network.__name__:20} {kind:6} {losses[0]:.4f} -> {losses[-2]:.4f} {losses[-1]:.4f}, "
                  f"in float32 within {off:.1e}", flush=True)
            yield {"network": network.__name__, "overrides": overrides, "clip": clip, "batch": BATCH,
                   "batches": BATCHES, "kind": kind, "rate": rate, "weight_decay": decay,
                   "momentum": MOMENTUM, "losses": [float(f"{loss:.9g}") for loss in losses]}
