"""What the figures are to reach, what they mean, and the table that says which do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Goal:
    """One figure: what it is, and the goal and the stretch where it has them.

    Attributes
    ----------
    sense : whether the figure is to be at least or at most the goal; stated figures have no goal
    """

    key: str
    meaning: str
    sense: Literal["at least", "at most", "stated"] = "stated"
    goal: float | None = None
    stretch: float | None = None

    def verdict(self, figure: float | None) -> str:
        """Return whether a figure meets the goal, in a word or two."""
        if figure is None:
            return "not measured"
        if self.goal is None:
            return "stated"
        if self.stretch is not None and self._meets(figure, self.stretch):
            return "met, stretch too"
        return "met" if self._meets(figure, self.goal) else "MISSED"

    @property
    def in_words(self) -> str:
        """The goal in words."""
        if self.goal is None:
            return "stated"
        stretch = "" if self.stretch is None else f", stretch {self.stretch:g}"
        return f"{self.sense} {self.goal:g}{stretch}"

    def _meets(self, figure: float, bound: float) -> bool:
        return figure >= bound if self.sense == "at least" else figure <= bound


GOALS: tuple[Goal, ...] = (
    Goal("culture_vs_cpp", "culture, one core, over C++ of the same formulas (speed)", "at least", 0.40, 0.50),
    Goal("kernel_vs_cpp", "whole reference train, sampling excluded, over C++ (speed)", "at least", 0.30, 0.40),
    Goal("kernel_f32_vs_cpp", "train in single precision over C++ in double (speed)", "at least", 0.60),
    Goal("blocked_vs_whole", "train in blocks of 16,384 lanes over one array of 262,144 (speed)", "at least", 1.5),
    Goal("vs_python_loop", "culture over a Python loop of the same algorithm (speed)", "at least", 40),
    Goal("vs_hourly_python_loop", "culture over a Python loop of hourly Runge-Kutta steps (speed)", "at least", 500),
    Goal("error_max", "largest error of cells and vesicles against a solver", "at most", 1e-3),
    Goal("error_median", "median of these errors", "at most", 1e-4),
    Goal("error_max_declared", "the largest where every free parameter fills its declared range"),
    Goal("limits_error_max", "largest change when limits are re-evaluated eight times as often"),
    Goal("limits_error_median", "median of these changes"),
    Goal("rss_ratio", "peak memory at 1e7 draws over that at 1e5, the same 16,384 kept", "at most", 1.1),
    Goal("rss_mebibytes", "that peak of the whole process [MiB]"),
    Goal("two_process_speedup", "two processes over one at 4e6 draws, start included (speed)", "at least", 1.6),
    Goal("vs_biosteam", "draws over evaluations of BioSTEAM's small recycle, one core (speed)", "at least", 3000),
    Goal("vs_qsdsan", "draws over evaluations of QSDsan's example of six units, one core (speed)", "at least", 500),
    Goal("vs_biosteam_sugarcane", "the same over BioSTEAM's sugarcane biorefinery"),
    Goal("vs_qsdsan_model", "the same over QSDsan's example model of uncertainty"),
    Goal("biosteam_recycle_per_second", "evaluations of BioSTEAM's small recycle per second"),
    Goal("biosteam_sugarcane_per_second", "evaluations of BioSTEAM's sugarcane biorefinery per second"),
    Goal("qsdsan_example_per_second", "evaluations of QSDsan's example of six units per second"),
    Goal("qsdsan_model_per_second", "evaluations of QSDsan's example model of uncertainty per second"),
    Goal("lanes_per_second", "draws per second and core, sampling and summaries included"),
    Goal("kernel_ns_per_lane", "nanoseconds per draw of the train, sampling and readings excluded"),
    Goal(
        "long_train_rate", "steps per second of the longest train over the reference train's (speed)", "at least", 0.333
    ),
    Goal("long_train_rate_downstream", "the same for what follows the culture in both"),
    Goal("long_train_steps", "steps of the longest train, with every separation one after the other"),
    Goal("long_train_ns_per_step", "nanoseconds per draw and step of the longest train"),
    Goal("culture_ns_per_lane", "nanoseconds per draw of the culture"),
    Goal("cpp_ns_per_lane", "nanoseconds per draw of the train in C++"),
    Goal("cpp_culture_ns_per_lane", "nanoseconds per draw of the culture in C++"),
    Goal("totals_ns_per_lane", "nanoseconds per draw to sum up all its quantities", "at most", 500),
    Goal("sampling_share", "share of the time that drawing values takes"),
    Goal("summary_share", "share of the time that summing up the draws takes"),
    Goal("roofline_share", "the kernel's exp and log at NumPy's own speed over its time"),
    Goal("facility_years_per_second", "years of 300 batches with 8 operations"),
    Goal("facility_vs_stock_simpy", "time over the same plant in stock SimPy resources", "at most", 1.0, 0.6),
    Goal("facility_vs_bare", "time over the same without people, shifts and failures", "at most", 4),
    Goal("physics_share", "share of a replication that is not the engine"),
    Goal("events_per_operation", "events of the clock per operation", "at most", 8),
    Goal("release_factor", "time of a reference year with tests and release over that without", "at most", 1.3),
    Goal("release_50_years_seconds", "50 reference years with release, one process [s]", "at most", 13),
    Goal("release_events_per_operation", "events of the clock per procedure or job of such a year", "at most", 10.4),
    Goal("stock_simpy_ms_per_year", "milliseconds of a year in stock SimPy resources"),
    Goal("study_seconds", "1,000 points of 1,000 draws, two factors, two processes, start included [s]", "at most", 10),
    Goal("study_two_process_speedup", "two processes over one at these points (speed)"),
    Goal("study_vs_evaluate", "time of points over that of as many draws of one scenario", "at most", 1.25),
    Goal("study_lanes_per_second", "draws of points per second and core, statistics included"),
    Goal("study_rss_ratio", "peak memory at 1,000 points over that at 100", "at most", 1.1),
    Goal("study_rss_mebibytes", "that peak of the whole process [MiB]"),
    Goal("scaling_lane_us", "microseconds of a draw of a point, one process, finished chunks kept"),
    Goal("scaling_lane_vs_evaluate", "that over the time of a draw of one scenario"),
    Goal(
        "scaling_lane_overhead_us", "the part of it that is not the model: statistics, chunks, disk [µs]", "at most", 1
    ),
    Goal("scaling_facility_year_ms", "milliseconds of a year of the reference plant in a study, chunks kept"),
    Goal(
        "scaling_point_overhead_ms",
        "what a study adds to a facility point of 20 years, disk included [ms]",
        "at most",
        5,
    ),
    Goal("scaling_task_own_ms", "milliseconds to hand a task to a process of its own and take it back"),
    Goal("scaling_task_pool_ms", "the same by a ProcessPoolExecutor"),
    Goal("scaling_task_dask_ms", "the same by a Dask scheduler in the same process"),
    Goal("scaling_keep_ms", "milliseconds to bring the answer of a task to the disk (SHA-256, two fsyncs)"),
    Goal("scaling_search_us", "microseconds of the search for a front for a point, 1,000 in a generation"),
    Goal("scaling_task_bytes", "bytes of a task on its way, 32 points of the reference scenario"),
    Goal("scaling_answer_bytes", "bytes of its answer on the way"),
    Goal("scaling_chunk_bytes", "bytes of its answer on the disk"),
    Goal("scaling_point_bytes", "bytes of a point in the process that leads, at its largest"),
    Goal("scaling_gb_written_s", "seconds to bring a GB of chunks of 16 MiB to the disk"),
    Goal("scaling_gb_read_s", "seconds to read and verify it, from the cache of the system"),
    Goal("scaling_start_s", "seconds until a new worker process has answered"),
    Goal("scaling_lane_speedup", "two processes over one for draws, start excluded (speed)", "at least", 1.6),
    Goal(
        "scaling_point_speedup", "two processes over one for facility points, start excluded (speed)", "at least", 1.6
    ),
    Goal("scaling_dask_vs_pool", "Dask on this machine over a pool for tasks of a second (speed)", "at least", 0.8),
    Goal("scaling_threads_rate", "tasks per second of 1,024 sleeping threads over the prediction"),
    Goal("scaling_own_processes_rate", "the same of 16 sleeping processes with tasks of 20 ms"),
    Goal("scaling_dask_rate", "the same of 256 sleeping threads of a Dask worker"),
)


def rounded(figures: Mapping[str, float]) -> dict[str, float]:
    """Return the figures with four digits."""
    return {key: float(f"{value:.4g}") for key, value in figures.items()}


def table(figures: Mapping[str, float]) -> str:
    """Return the figures beside their goals, in the order of the goals; then what has no line there."""
    known = {goal.key: goal for goal in GOALS}
    rows = [known[key] for key in known if key in figures]
    rows += [Goal(key, "") for key in figures if key not in known]
    lines = [f"{'figure':29} {'':>10}  {'goal':28} {'verdict':16} meaning"]
    lines += [
        f"{row.key:29} {figures[row.key]:>10.4g}  {row.in_words:28} {row.verdict(figures[row.key]):16} {row.meaning}"
        for row in rows
    ]
    return "\n".join(lines)
