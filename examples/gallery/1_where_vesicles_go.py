"""
Where the vesicles go
=====================

A waterfall from secretion to the vial: every loss by its channel, with its interval. The pictures of exosim draw on
axes of yours, so that they fit into a figure with others.
"""

import matplotlib.pyplot as plt
import numpy as np

import exosim as xs

scenario = xs.load("../../scenarios/msc_hollow_fiber.toml")
yields = xs.evaluate(scenario, draws=2_000)

_, ax = plt.subplots(figsize=(9, 7), layout="constrained")
xs.plots.waterfall(yields, ax)
plt.show()

# %%
# The same figures as numbers: the recovery of each step, and what leaves by each channel, as medians.

for step in yields.steps:
    channels = {name: f"{np.median(lost):.2g}" for name, lost in yields.losses(step).items()}
    print(f"{step:14}", channels or "loses nothing")
