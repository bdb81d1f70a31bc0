"""The formula of every figure that a diagnostic test tells: predictive values, performance here, limits of change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from exosim.batch_nodes import BatchNodes
from exosim.diagnostic import Diagnostic, Monitoring
from exosim.formula import keyed
from exosim.formula_tree import Node
from exosim.physics.monitoring import visit_times

Read: TypeAlias = Callable[[str, str, Mapping[str, Node]], Node]
ABOUT: Mapping[str, str] = {
    "positive_predictive_value": "share of the positive that have the condition (Bayes)",
    "negative_predictive_value": "share of the negative that do not have the condition (Bayes)",
    "sensitivity": "share of those with the condition whom the test finds here",
    "specificity": "share of those without the condition whom the test clears here",
    "true_positives_per_100000": "people with the condition who are found, of 100,000 tested",
    "false_positives_per_100000": "people without the condition who are positive, of 100,000 tested",
    "interference": "share of the signal of a healthy person that others than vesicles make",
    "reference_change_value": "change that an unchanged person seldom exceeds, as a fraction of the baseline; linear",
    "alarm_rise": "rise above the baseline that raises an alarm, as a fraction of it",
    "alarm_fall": "fall below the baseline that raises an alarm, as a fraction of it",
    "false_alarms_per_patient_year": "alarms that an unchanged person has in a year",
    "detected_change": "true rise, as a fraction of the baseline, that one visit detects with the stated power",
}
_HERE = "diagnostic"
_SIGNAL, _OTHERS, _PLAN = f"{_HERE}.signal", f"{_HERE}.interference", f"{_HERE}.monitoring"
_SPECIES = {"lipoproteins": "lipoproteins", "nonvesicular": "nonvesicular", "protein": "soluble_protein"}
"""What is measured of the product, by what interferes."""
_PREDICTIVE: Mapping[str, str] = {
    "positive_predictive_value": "sensitivity * prevalence"
    " / (sensitivity * prevalence + (1 - specificity) * (1 - prevalence))",
    "negative_predictive_value": "specificity * (1 - prevalence)"
    " / (specificity * (1 - prevalence) + (1 - sensitivity) * prevalence)",
    "true_positives_per_100000": "100000 * sensitivity * prevalence",
    "false_positives_per_100000": "100000 * (1 - specificity) * (1 - prevalence)",
}


class DiagnosticNodes:
    """Makes the nodes of one diagnostic test.

    Parameters
    ----------
    nodes : those of the batch
    test : at typical values
    last : the procedure that makes what enters the assay
    read : makes the node of a headline from its formula and terms
    """

    def __init__(self, nodes: BatchNodes, test: Diagnostic, last: str, read: Read) -> None:
        self._nodes, self._test, self._last, self._read = nodes, test, last, read

    def node(self, name: str) -> Node:
        """Return the node of a figure of :data:`exosim.diagnostic.DIAGNOSTIC_HEADLINES`."""
        if name in _PREDICTIVE:
            terms = {key: self.node(key) for key in ("sensitivity", "specificity")}
            return self._read(name, _PREDICTIVE[name], {**terms, "prevalence": self._of(_HERE, "prevalence")})
        if name in ("sensitivity", "specificity"):
            return self._performance(name)
        if name == "interference":
            return self._interference()
        plan = self._test.monitoring
        if plan is None:
            raise ValueError(f"{name}: nobody is followed")
        return self._of_plan(name, plan)

    def _of(self, section: str, key: str) -> Node:
        return self._nodes.parameter(f"{section}.{key}")

    def _formula(self, name: str, formula: str, terms: Mapping[str, Node], about: str) -> Node:
        return self._nodes.formula(name, formula, terms, "1", about)

    # -- performance --------------------------------------------------------------------------------------------------

    def _performance(self, name: str) -> Node:
        published = self._of(_HERE, name)
        if self._test.signal is None:
            return self._read(name, "published", {"published": published})
        terms = {"published": published, "study": self._study(), "here": self._spread()}
        return self._read(name, "normal_share(normal_score(published) * study / here)", terms)

    def _study(self) -> Node:
        terms = {"biological": self._of(_SIGNAL, "biological"), "analytical": self._of(_SIGNAL, "study_analytical")}
        formula = "sqrt(biological * biological + analytical * analytical)"
        return self._formula(f"{_SIGNAL}.spread_of_study", formula, terms, "spread of the log signal in the study")

    def _spread(self) -> Node:
        """Return the spread of the logarithm of the vesicle signal here."""
        terms = {key: self._of(_SIGNAL, key) for key in ("biological", "analytical")}
        formula = "biological * biological + analytical * analytical"
        if self._test.interference is not None:
            terms |= {"share": self._share(), "background": self._of(_OTHERS, "spread")}
            noise = "analytical * analytical + background * background * (1 - share) * (1 - share)"
            formula = f"biological * biological + ({noise}) / (share * share)"
        about = "spread of the log of the vesicle signal here, errors of the assay included"
        return self._formula(f"{_SIGNAL}.spread_here", f"sqrt({formula})", terms, about)

    def _share(self) -> Node:
        """Return the share of the signal at the cut-off that vesicles make."""
        terms = {"study": self._study(), "specificity": self._of(_HERE, "specificity")}
        about = "logarithm of the cut-off over the healthy median"
        cut = self._formula(f"{_SIGNAL}.cut_off", "study * normal_score(specificity)", terms, about)
        formula = "(1 - interference) / (1 - interference + interference / exp(cut_off))"
        terms = {"interference": self.node("interference"), "cut_off": cut}
        about = "share of the signal at the cut-off that vesicles make"
        return self._formula(f"{_SIGNAL}.vesicle_share", formula, terms, about)

    def _interference(self) -> Node:
        response, parts = self._test.interference, []
        for key, measure in _SPECIES.items():
            if getattr(response, key) is not None:
                parts += [(key, self._nodes.made(measure, self._last)), (f"per {key}", self._of(_OTHERS, key))]
        terms = keyed(parts)
        keys = list(terms)
        formula = " + ".join(f"{one} * {per}" for one, per in zip(keys[::2], keys[1::2], strict=True))
        about = "signal of what is no vesicle, as so many vesicles"
        others = self._nodes.formula(f"{_OTHERS}.others", formula, terms, "EV", about)
        vesicles = self._nodes.made("vesicles", self._last)
        return self._read("interference", "others / (vesicles + others)", {"others": others, "vesicles": vesicles})

    # -- monitoring ---------------------------------------------------------------------------------------------------

    def _of_plan(self, name: str, plan: Monitoring) -> Node:
        if name == "reference_change_value":
            keys = ("baselines", "analytical", "within_person")
            formula = "score * sqrt((1 + 1 / baselines) * (analytical * analytical + within_person * within_person))"
            return self._read(name, formula, {"score": self._score(plan), **{k: self._of(_PLAN, k) for k in keys}})
        if name == "alarm_rise":
            return self._read(name, "highest - 1", {"highest": self._limit(plan, "highest")})
        if name == "alarm_fall":
            return self._read(name, "1 - lowest", {"lowest": self._limit(plan, "lowest")})
        if name == "detected_change":
            terms = {"highest": self._limit(plan, "highest"), "spread": self._spread_of_change()}
            formula = "highest * exp(normal_score(power) * spread) - 1"
            return self._read(name, formula, {**terms, "power": self._of(_PLAN, "power")})
        return self._false_alarms(plan)

    def _score(self, plan: Monitoring) -> Node:
        formula = "normal_score(0.5 + confidence / 2)" if plan.sided == "two" else "normal_score(confidence)"
        terms = {"confidence": self._of(_PLAN, "confidence")}
        return self._formula(f"{_PLAN}.score", formula, terms, f"normal score of the limits, {plan.sided}-sided")

    def _spread_of_change(self) -> Node:
        terms = {key: self._of(_PLAN, key) for key in ("baselines", "analytical", "within_person")}
        both = "ln(1 + analytical * analytical) + ln(1 + within_person * within_person)"
        about = "spread of the logarithm of a result over its baseline"
        return self._formula(f"{_PLAN}.spread", f"sqrt((1 + 1 / baselines) * ({both}))", terms, about)

    def _limit(self, plan: Monitoring, which: str) -> Node:
        """Return the ratio of a result to its baseline beyond which there is an alarm."""
        about = f"{which} ratio of a result to its baseline that raises no alarm"
        if plan.limits == "linear":
            formula = {"highest": "1 + change", "lowest": "max(1 - change, 0)"}[which]
            terms = {"change": self._of_plan("reference_change_value", plan)}
        else:
            formula = {"highest": "exp(score * spread)", "lowest": "1 / exp(score * spread)"}[which]
            terms = {"score": self._score(plan), "spread": self._spread_of_change()}
        return self._formula(f"{_PLAN}.{which}", formula, terms, about)

    def _false_alarms(self, plan: Monitoring) -> Node:
        """Return the false alarms: visits per year times their mean probability of one."""
        interval = self._of(_PLAN, "interval")
        drifts = self._of(_PLAN, "drift").value != 0.0
        count = len(visit_times(plan.interval, plan.follow_up)) if drifts else 1
        visits = keyed((f"visit {n}", self._visit(plan, n, interval, drifts=drifts)) for n in range(1, count + 1))
        formula = f"({' + '.join(visits)}) / ({count} * interval)" if drifts else "visit_1 / interval"
        return self._read("false_alarms_per_patient_year", formula, {**visits, "interval": interval})

    def _visit(self, plan: Monitoring, number: int, interval: Node, *, drifts: bool) -> Node:
        """Return the probability that a visit of an unchanged person raises an alarm."""
        shift = f"{number} * interval * ln(1 + drift)"
        spread = self._spread_of_change()
        highest, lowest = ("ln(highest) - shift", "ln(lowest) - shift") if drifts else ("ln(highest)", "ln(lowest)")
        terms = {"highest": self._limit(plan, "highest")}
        if spread.value == 0.0:
            formula, below = f"one_if(0 - ({highest}))", f"one_if({lowest})"
        else:
            terms["spread"] = spread
            formula, below = f"1 - normal_share(({highest}) / spread)", f"normal_share(({lowest}) / spread)"
        if plan.sided == "two":
            formula += f" + {below}"
            terms["lowest"] = self._limit(plan, "lowest")
        if drifts:
            parts = {"interval": interval, "drift": self._of(_PLAN, "drift")}
            about = "logarithm by which the calibration has drifted"
            terms["shift"] = self._formula(f"{_PLAN}.shift {number}", shift, parts, about)
        about = f"probability of an alarm at {f'visit {number}' if drifts else 'a visit'}"
        return self._formula(f"{_PLAN}.visit {number}", formula, terms, about)
