"""What trackers say of themselves is kept for a moment, and not a moment longer."""

from trackers.kept import Kept


def test_an_answer_is_known_until_it_is_old_and_then_asked_for_again():
    now = [0.0]
    kept = Kept(seconds=60.0, clock=lambda: now[0])
    assert kept.known("labels") is None
    kept.keep("labels", {"bug": 1})
    now[0] = 59.0
    assert kept.known("labels") == {"bug": 1}
    now[0] = 60.0
    assert kept.known("labels") is None


def test_what_is_forgotten_is_forgotten_and_the_rest_is_not():
    kept = Kept()
    kept.keep("labels", 1)
    kept.keep("states", 2)
    kept.forget("labels")
    assert (kept.known("labels"), kept.known("states")) == (None, 2)


def test_old_answers_do_not_pile_up():
    now = [0.0]
    kept = Kept(seconds=60.0, clock=lambda: now[0])
    for moment in range(1000):
        now[0] = moment * 10.0
        kept.keep(moment, moment)
    assert len(kept.answers) <= 7
