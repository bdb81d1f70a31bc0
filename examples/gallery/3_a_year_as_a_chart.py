"""
A year as a chart
=================

A year of the reference facility in simulated time, and the first replication as a Gantt chart: which batch was in
which unit, and what it waited for.
"""

import matplotlib.pyplot as plt

import exosim as xs

scenario = xs.load("../../scenarios/msc_hollow_fiber.toml")
results = xs.simulate(scenario, replications=5)

_, ax = plt.subplots(figsize=(10, 5), layout="constrained")
xs.plots.gantt(results, ax)
plt.show()

# %%
# What holds the batches back:

unit, occupancy, cycle = results.bottleneck()
print(f"most occupied: {unit}, {100 * occupancy:.0f} % of the time; at least {cycle:.0f} h between two batches")
_, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
xs.plots.waits(results, ax)
plt.show()
