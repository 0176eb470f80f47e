"""How fast PyTorch multiplies the matrices of a layer, alone: see bench/products.js."""

import time

import torch

torch.set_num_threads(2)


def rate(product, flops: int) -> float:
    best = float("inf")
    for run in range(35):
        began = time.perf_counter()
        product()
        if run >= 5:
            best = min(best, time.perf_counter() - began)
    return flops / best / 1e9


for tokens, inner, outer in [(1024, 384, 1152), (1024, 384, 384), (1024, 384, 1536), (1024, 1536, 384)]:
    x, w, dy = torch.randn(tokens, inner), torch.randn(outer, inner), torch.randn(tokens, outer)
    flops = 2 * tokens * inner * outer
    xb, wb = x.bfloat16(), w.bfloat16()
    rates = [rate(lambda: x @ w.T, flops), rate(lambda: dy @ w, flops), rate(lambda: dy.T @ x, flops)]
    rates.append(rate(lambda: xb @ wb.T, flops))
    print(f"{tokens} x {inner} x {outer}:", ", ".join(f"{each:.0f}" for each in rates), "(bf16) GFLOPS")
