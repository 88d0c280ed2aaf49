"""What need not be stored again, because this process stored it last."""

from schemas.event import Definition
from tests.builders import a_person
from workers.remembered import SECONDS, SIZE, Remembered


def test_what_was_stored_is_not_new() -> None:
    known = Remembered()
    one = ("shop", a_person("ines", 1))
    assert known.is_new(one)
    known.add([one])
    assert not known.is_new(one)
    assert known.is_new(("elsewhere", a_person("ines", 1)))


def test_a_name_that_comes_back_is_new() -> None:
    known = Remembered()
    for login in ("ines", "ines-new", "ines"):
        one = ("shop", a_person(login, 1))
        assert known.is_new(one)
        known.add([one])


def test_a_person_and_a_label_of_one_id_are_two_things() -> None:
    known = Remembered()
    known.add([("shop", a_person("ines", 1))])
    label = ("shop", Definition(kind="label", id="1", name="bug"))
    milestone = ("shop", Definition(kind="milestone", id="1", name="bug"))
    assert known.is_new(label)
    known.add([label])
    assert known.is_new(milestone)


def test_it_forgets_after_a_while_because_others_write_too() -> None:
    moment = [0.0]
    known = Remembered(lambda: moment[0])
    one = ("shop", a_person("ines", 1))
    known.add([one])
    moment[0] = SECONDS + 1
    assert known.is_new(one)


def test_it_is_bounded() -> None:
    known = Remembered()
    known.add(("shop", a_person("x", number)) for number in range(SIZE + 1))
    assert known.is_new(("shop", a_person("x", 0)))
    assert not known.is_new(("shop", a_person("x", SIZE)))
