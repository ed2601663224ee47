#!/usr/bin/env python3
"""Images per second of the InternViT shapes in PyTorch, bf16 and compiled: what a GPU run of VitGrid is held against.

    python3 loadtest/peers/torch_vit.py --model 300m --batches 1,2,4,8,16,32

Weights are random numbers, on which speed does not depend. Pixels go up as uint8 and the pooled vectors come down in each run, as in
`vitgrid-benchmarks device`. One line per batch size: images/s, milliseconds a batch, TFLOP/s (two per multiply-add).
"""
import argparse
import time

import torch
from torch import nn
from torch.nn import functional

# width, blocks, heads, MLP width, RMSNorm with normed queries and keys
SHAPES = {"300m": (1024, 24, 16, 4096, False), "6b": (3200, 45, 25, 12800, True), "tiny": (64, 2, 4, 256, False)}
PATCH, SIDE = 14, 448


def norm(width, rms):
    return (nn.RMSNorm if rms else nn.LayerNorm)(width, eps=1e-6)


class Attention(nn.Module):
    def __init__(self, width, heads, rms):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=not rms)
        self.query_norm = norm(width, rms) if rms else nn.Identity()
        self.key_norm = norm(width, rms) if rms else nn.Identity()
        self.out = nn.Linear(width, width)

    def forward(self, x):
        query, key, value = self.qkv(x).tensor_split(3, dim=-1)
        split = lambda t: t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(split(self.query_norm(query)), split(self.key_norm(key)), split(value))
        return self.out(mixed.transpose(1, 2).flatten(2))


class Residual(nn.Module):
    """x + scale * branch(norm(x))"""

    def __init__(self, width, rms, branch):
        super().__init__()
        self.norm, self.branch, self.scale = norm(width, rms), branch, nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x + self.scale * self.branch(self.norm(x))


class Encoder(nn.Module):
    def __init__(self, width, depth, heads, mlp, rms):
        super().__init__()
        self.patches = nn.Linear(3 * PATCH * PATCH, width)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.zeros((SIDE // PATCH) ** 2 + 1, width))
        layers = []
        for _ in range(depth):
            layers.append(Residual(width, rms, Attention(width, heads, rms)))
            layers.append(Residual(width, rms, nn.Sequential(nn.Linear(width, mlp), nn.GELU(), nn.Linear(mlp, width))))
        self.layers = nn.Sequential(*layers)

    def forward(self, pixels):
        grid = SIDE // PATCH
        x = ((pixels.float() / 255 - 0.45) / 0.225).to(self.token.dtype)
        x = x.view(-1, grid, PATCH, grid, PATCH, 3).permute(0, 1, 3, 5, 2, 4).flatten(3).flatten(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), self.patches(x)], dim=1) + self.position
        x = self.layers(x)
        return torch.stack([x[:, 0], x[:, 1:].mean(dim=1)], dim=1).float()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=SHAPES, default="300m")
    parser.add_argument("--batches", default="1,2,4,8,16,32")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--eager", action="store_true", help="without torch.compile")
    options = parser.parse_args()

    width, depth, heads, mlp, rms = SHAPES[options.model]
    with torch.device(options.device):
        model = Encoder(width, depth, heads, mlp, rms).to(torch.bfloat16).eval()
    run = model if options.eager else torch.compile(model, mode="max-autotune-no-cudagraphs")
    tokens = (SIDE // PATCH) ** 2 + 1
    flop = depth * (2 * tokens * (4 * width**2 + 2 * width * mlp) + 4 * tokens**2 * width) + 2 * (tokens - 1) * 3 * PATCH**2 * width
    name = torch.cuda.get_device_name() if options.device.startswith("cuda") else "CPU"
    print(f"PyTorch {torch.__version__}, {options.model}, bf16, {'eager' if options.eager else 'compiled'}, {name}")
    print("batch   images/s   ms/batch   TFLOP/s")
    for batch in map(int, options.batches.split(",")):
        pixels = torch.randint(0, 256, (batch, SIDE, SIDE, 3), dtype=torch.uint8)
        once = lambda: run(pixels.to(options.device)).cpu()
        with torch.inference_mode():
            for _ in range(3):
                once()
            begun, runs = time.perf_counter(), 0
            while runs < 3 or time.perf_counter() - begun < options.seconds:
                once()
                runs += 1
        seconds = (time.perf_counter() - begun) / runs
        print(f"{batch:5}   {batch / seconds:8.2f}   {seconds * 1e3:8.2f}   {flop * batch / seconds / 1e12:7.2f}", flush=True)


if __name__ == "__main__":
    main()
