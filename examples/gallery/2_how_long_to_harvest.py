"""
How long to harvest
===================

A longer collection gives more vesicles, and it occupies the bioreactor for longer. Each length is run on the same
random values, so that the curves differ by the length alone.
"""

import matplotlib.pyplot as plt
import numpy as np

import exosim as xs

base = xs.load("../../scenarios/msc_hollow_fiber.toml")
days = np.array([7, 14, 21, 28])
runs = [xs.evaluate(base.with_({"culture.collection": f"{day} d"}), draws=2_000) for day in days]
doses = np.array([run.values("doses") for run in runs])  # shape (lengths, draws)

# %%
# Doses per batch beside doses per day in the bioreactor, which counts where it is the bottleneck.

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
in_culture = np.array([[run.values("duration", "culture")] for run in runs])[:, 0] / 24
for ax, values, label in ((left, doses, "doses per batch"), (right, doses / in_culture, "doses per day of culture")):
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=1)
    ax.fill_between(days, low, high, alpha=0.25, label="25 to 75 %")
    ax.plot(days, middle, "o-", label="median")
    ax.set(xlabel="days of collection", ylabel=label, ylim=(0, None))
left.legend()
plt.show()

# %%
# How often one more week pays, paired draw by draw:

for day, before, after in zip(days[1:], doses, doses[1:], strict=False):
    print(f"{day} instead of {day - 7} d: more doses in {100 * np.mean(after > before):.0f} % of the draws,")
    print(f"    by a factor of {np.median(after / before):.2f}")
