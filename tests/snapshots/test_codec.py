from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.ledger import Codec
from tests.cases import for_each
from watcher.errors import Corrupt


class Tone(StrEnum):
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Bell:
    name: str
    weight: Decimal | None = None
    tones: tuple[Tone, ...] = ()


@dataclass(frozen=True, slots=True)
class Whistle:
    name: str


CODEC = Codec((Tone, Bell))
BELL = Bell("Great", Decimal("21.50"), (Tone.LOW, Tone.LOW))
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.just(Tone.LOW), st.just(BELL), st.decimals(allow_nan=False)
)
values = st.recursive(leaves, lambda inner: st.lists(inner).map(tuple))


@pytest.mark.slow
@given(values)
def test_what_is_dumped_comes_back_equal_and_of_the_same_types(value: object):
    assert repr(CODEC.load(CODEC.dump(value))) == repr(value)


def test_half_a_character_survives_and_what_stands_in_many_places_comes_back_as_one_object():
    assert CODEC.load(CODEC.dump("\ud83d")) == "\ud83d"
    item, other = CODEC.load(CODEC.dump((BELL, Bell("Great", Decimal("21.50"), (Tone.LOW, Tone.LOW)))))
    assert item is other


def test_a_value_of_another_class_is_not_written_and_other_fields_are_another_version():
    with pytest.raises(TypeError, match="a Whistle cannot be written"):
        CODEC.dump(Whistle("tin"))
    assert Codec((Bell, Tone)).version != CODEC.version != Codec((Tone, Whistle)).version


@for_each(
    "body",
    [b"", b"{", b"[]", b"[[99,0]]", b'["x",[6,0]]', b"[[0,7]]", b'[[5,"loud"]]', b'[[2,"x"]]', b"[[3,1]]", b'[["",1]]'],
)
def test_what_is_no_dump_of_these_classes_is_corrupt(body: bytes):
    with pytest.raises(Corrupt):
        CODEC.load(body)
