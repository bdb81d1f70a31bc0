"""Where the batches of one campaign gather for a procedure whose runs they share, and when those runs start.

A batch waits until a run is full, until the first of them has waited long enough, or for the time at which runs start;
without any such rule a run starts with whoever waits as soon as it has its unit. Batches go in the order of the rule of
the campaign. Whoever waits for others holds nothing, so that nobody can wait for it.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import simpy

from exosim.facility.clock import EndOfMoment, Pause
from exosim.facility.load import Load, Member
from exosim.shared_run import SharedRun

if TYPE_CHECKING:
    from exosim.facility.batch import Batch
    from exosim.facility.line import Line
    from exosim.facility.route import Stage

_SAME = 1e-9


class Gathering:
    """Batches before one procedure of one campaign.

    Attributes
    ----------
    name : id of the procedure
    rule : how its runs are shared
    waiting : batches without a run, in the order in which they go
    asking : runs that wait for their unit and take batches when they have it
    open : runs that have it, wait for people, and take who comes meanwhile
    """

    def __init__(self, name: str, rule: SharedRun) -> None:
        self.name, self.rule = name, rule
        self.waiting: list[Member] = []
        self.asking: list[Load] = []
        self.open: list[Load] = []
        self._last, self._timed = -math.inf, False

    def arrive(self, batch: Batch, line: Line, stage: Stage, entered: Callable[[], object] | None) -> Member:
        """Let a batch wait for a run, or take part in one that is still open.

        Parameters
        ----------
        entered : called when the line can take the next batch: at once while the run that forms has places, otherwise
            when the batch has one
        """
        member = Member(batch, line, stage, entered)
        batch.waits_for = self
        for load in self.open:
            if load.admits(member):
                return member
        bisect.insort(self.waiting, member, key=lambda other: other.key)
        if len(self.waiting) % self.rule.usable:
            member.enter()
        if self.rule.every is not None:
            self._set_time(line, stage)
        elif len(self.waiting) <= len(self.asking) * self.rule.usable:
            member.is_due()
        elif self.rule.longest_wait is None or len(self.waiting) == (len(self.asking) + 1) * self.rule.usable:
            self._ask(line, stage)
        else:
            alarm = Pause(line.env, self.rule.longest_wait)
            alarm.callbacks.append(lambda _: self._has_waited(member))
        return member

    def next_members(self) -> list[Member]:
        """Return the batches that the next run takes; they wait no more."""
        taken, self.waiting = self.waiting[: self.rule.usable], self.waiting[self.rule.usable :]
        return taken

    def _ask(self, line: Line, stage: Stage) -> None:
        """Let one more run ask for its unit."""
        load = Load(self, line, stage, self.waiting[0].batch)
        self.asking.append(load)
        for member in self.waiting[: len(self.asking) * self.rule.usable]:
            member.is_due()
        load.process = line.env.process(load.run())

    def _has_waited(self, member: Member) -> None:
        """Let runs start for a batch that has waited as long as it may."""
        while member in self.waiting[len(self.asking) * self.rule.usable :]:
            self._ask(member.line, member.stage)

    def _set_time(self, line: Line, stage: Stage) -> None:
        """Look at those who wait at the next time at which runs start."""
        if self._timed or self.rule.every is None:
            return
        now, every = line.env.now, self.rule.every

        def depart(_: simpy.Event) -> None:
            self._depart(line, stage)

        self._timed, self._last = True, max(math.ceil(now / every - _SAME), self._last + 1)
        time = Pause(line.env, max(self._last * every - now, 0.0))
        time.callbacks.append(lambda _: EndOfMoment(line.env).callbacks.append(depart))

    def _depart(self, line: Line, stage: Stage) -> None:
        """Let runs start, as many as there are free units; who finds none waits for the next time."""
        self._timed, pool = False, stage.pool
        while due := self.waiting[: self._complete(line.env.now)]:
            load = Load(self, line, stage, due[0].batch)
            for member in due:
                member.is_due()
            if pool is not None:
                unit = pool.at_once(load)  # type: ignore[arg-type]  # stands for its batches
                if unit is None:
                    pool.lacked = True
                    break
                load.holds.append((pool, unit))
            load.take(self.next_members())
            load.process = line.env.process(load.run())
        if self.waiting:
            self._set_time(line, stage)

    def _complete(self, now: float) -> int:
        """Return how many of those who wait go now: all in full runs, and the rest when one of them may not wait."""
        full = len(self.waiting) // self.rule.usable * self.rule.usable
        longest = self.rule.longest_wait
        if longest is None or any(now - member.ready >= longest - _SAME for member in self.waiting[full:]):
            return len(self.waiting)
        return full
