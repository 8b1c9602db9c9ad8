"""The queue for connections and the circuit breaker, on a clock that tests turn."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from backend.core.problems import Problem
from backend.voice.voicelive import failures
from backend.voice.voicelive.breaker import LONGEST_S, REFUSED_S, Breaker
from backend.voice.voicelive.queue import Place, Queue, Quota


def test_never_more_connections_than_the_quota_in_any_minute() -> None:
    quota = Quota(4)
    for now in (0.0, 10.0, 20.0, 30.0):
        assert quota.free_at(now, returning=True) == now
        quota.take(now)
    assert quota.free_at(31.0, returning=True) == 60.0
    quota.take(60.0)
    assert quota.free_at(60.0, returning=True) == 70.0


def test_new_calls_leave_a_fifth_of_the_quota_to_calls_that_lost_their_session() -> None:
    quota = Quota(30)
    for _ in range(24):
        assert quota.free_at(0.0, returning=False) == 0.0
        quota.take(0.0)
    assert quota.free_at(1.0, returning=False) == 60.0
    assert quota.free_at(1.0, returning=True) == 1.0


@dataclass(eq=False)
class Gate:
    """An endpoint without an address."""

    quota: Quota
    breaker: Breaker = field(default_factory=lambda: Breaker(lambda: 0.0))
    taken: list[float] = field(default_factory=list)

    def free_at(self, now: float, returning: bool) -> float:
        return max(self.quota.free_at(now, returning), self.breaker.free_at(now))

    def take(self, now: float) -> None:
        self.quota.take(now)
        self.breaker.taken(now, 20.0)
        self.taken.append(now)


class Admissions(RuleBasedStateMachine):
    """Callers come, wait, hang up and are let in; endpoints fail and work again; time goes by."""

    @initialize(limits=st.lists(st.integers(1, 12), min_size=1, max_size=3))
    def begin(self, limits: list[int]) -> None:
        self.now = 0.0
        self.limits = limits
        self.gates = [Gate(Quota(limit)) for limit in limits]
        self.queue: Queue[Gate] = Queue(self.gates)
        self.waiting: list[Place] = []
        self.admitted: set[Place] = set()
        self.positions: dict[Place, int] = {}

    @rule(returning=st.booleans())
    def come(self, returning: bool) -> None:
        self._insert(self.queue.join(returning), first=False)
        self._admit()

    @rule(returning=st.booleans())
    def come_again(self, returning: bool) -> None:
        """Whose turn had come at an endpoint that failed."""
        self._insert(self.queue.join(returning, again=True), first=True)
        self._admit()

    @precondition(lambda self: self.waiting)
    @rule(which=st.randoms())
    def hang_up(self, which: object) -> None:
        place = which.choice(self.waiting)  # type: ignore[attr-defined]
        self.queue.leave(place)
        self.waiting.remove(place)
        self._admit()

    @rule(seconds=st.floats(0.01, 61))
    def time_goes_by(self, seconds: float) -> None:
        self.now += seconds
        self._admit()

    @rule()
    def time_goes_by_until_the_next_turn(self) -> None:
        at = self.queue.next_at(self.now)
        if at is not None:
            expected = next(iter(self.queue))
            before = len(self.waiting)
            self.now = at
            self._admit()
            assert expected in self.admitted, "the forecast for the first one holds"
            assert len(self.waiting) < before

    @rule(number=st.integers(0, 2), works=st.booleans())
    def an_endpoint_fails_or_works(self, number: int, works: bool) -> None:
        breaker = self.gates[number % len(self.gates)].breaker
        if works:
            breaker.worked()
        else:
            breaker.failed(failures.unreachable(), self.now)
        self._admit()

    def _insert(self, place: Place, first: bool) -> None:
        mine = [other for other in self.waiting if other.returning == place.returning]
        others = [other for other in self.waiting if other.returning != place.returning]
        mine = [place, *mine] if first else [*mine, place]
        self.waiting = mine + others if place.returning else others + mine

    def _admit(self) -> None:
        while (admitted := self.queue.admit(self.now)) is not None:
            place, gate = admitted
            assert place is self.waiting.pop(0), "in order, those who return first"
            assert place not in self.admitted
            self.admitted.add(place)
            recent = [at for at in gate.taken if at + 60.0 > self.now]
            limit = self.limits[self.gates.index(gate)]
            assert len(recent) <= (limit if place.returning else limit - limit // 5)

    @invariant()
    def who_waits_has_a_place_and_a_time(self) -> None:
        if not hasattr(self, "queue"):
            return
        assert list(self.queue) == self.waiting
        forecast = self.queue.forecast(self.now)
        assert [place for place, _ in forecast] == self.waiting
        assert all(at > self.now for _, at in forecast), "nobody waits while an endpoint is free"
        same_kind = [[at for place, at in forecast if place.returning is kind] for kind in (True, False)]
        assert all(times == sorted(times) for times in same_kind)


Admissions.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestAdmissions = Admissions.TestCase


def opened(breaker: Breaker, problem: Problem, now: float) -> float:
    """Return for how many seconds this failure opens it."""
    breaker.failed(problem, now)
    return breaker.free_at(now) - now


def test_a_breaker_stays_open_for_longer_with_each_failed_trial_and_never_too_long() -> None:
    breaker, now, pauses = Breaker(lambda: 0.0), 100.0, []
    states: list[str] = []
    for _ in range(10):
        pauses.append(opened(breaker, failures.unreachable(), now))
        states.append(breaker.state)
        now = breaker.free_at(now)
        breaker.taken(now, 20.0)
        states.append(breaker.state)
        assert breaker.free_at(now) == now + 20.0, "one trial at a time"
    assert states == ["open", "half_open"] * 10
    assert pauses == [1, 2, 4, 8, 16, 32, LONGEST_S, LONGEST_S, LONGEST_S, LONGEST_S]
    breaker.worked()
    assert (breaker.state, breaker.problem, breaker.free_at(now)) == ("closed", None, now)
    assert opened(breaker, failures.unreachable(), now) == 1


@pytest.mark.parametrize(
    ("problem", "seconds"),
    [
        (failures.refused(429, 7.0), 7.0),
        (failures.refused(429, None), 60.0),
        (failures.refused(503, 3.0), 3.0),
        (failures.refused(503, None), 1.0),
        (failures.refused(401, None), REFUSED_S),
        (failures.refused(403, None), REFUSED_S),
        (failures.handshake_timed_out(10), 1.0),
    ],
)
def test_how_long_it_opens_follows_from_what_happened(problem: Problem, seconds: float) -> None:
    assert opened(Breaker(lambda: 0.0), problem, 5.0) == seconds


def test_calls_that_fail_together_count_once_and_a_trial_given_up_makes_room_for_the_next() -> None:
    breaker = Breaker(lambda: 0.0)
    for _ in range(5):
        assert opened(breaker, failures.unreachable(), 0.0) == 1
    breaker.taken(1.0, 20.0)
    breaker.abandoned(1.5)
    assert (breaker.state, breaker.free_at(1.5)) == ("open", 1.5)


def test_replicas_do_not_all_come_back_in_the_same_moment() -> None:
    pauses = [opened(Breaker(draw), failures.unreachable(), 0.0) for draw in (lambda: 0.0, lambda: 0.5, lambda: 0.99)]
    assert pauses == pytest.approx([1.0, 0.75, 0.505])
