"""Report coordinates of another place; another notation or precision is no change."""

from __future__ import annotations

import re

from watcher.model import FieldChange, Sentence

_LABEL = re.compile(r"coor|koord|координат|坐标|座標", re.IGNORECASE)
# Parameters for latitude or longitude alone, and for the minutes of one of them
_AXIS = re.compile(r"(?:^|[ _])(?:lat|long?)(?:_?d(?:eg(?:rees)?)?|itude)?$|[緯経]度度?$", re.IGNORECASE)
_MINUTES = re.compile(r"(?:^|[ _])(?:lat|long?)_?m(?:in(?:utes)?)?$|[緯経]度分$", re.IGNORECASE)
_SHAPE = re.compile(r"\d[\d., °′″'\"]*[NS]\W*\d[\d., °′″'\"]*[EW]\b")
_PART = re.compile(r"(?P<number>(?<![\w.])[-−]?\d{1,3}(?:[.,]\d{1,9})?(?!\w))|\b(?P<side>[NSEW])\b")
_MARKS = str.maketrans("°′″'\"−", "     -")
_MIN_DISTANCE = 0.1  # degrees, 11 km of latitude: twice the error of rounding to a tenth
_MIN_DISTANCE_ACROSS = 0.1  # degrees, if the sign (north or south, east or west) changed


def coordinate_change(old: Sentence, new: Sentence) -> FieldChange | None:
    """Return a field if a place moved by more than a rounding, or to another hemisphere; else None."""
    before, after = _position_of(old), _position_of(new)
    for was, now in zip(before, after, strict=True) if len(before) == len(after) else ():
        distance = min(abs(was - now), 360 - abs(was - now))
        if distance > _MIN_DISTANCE or (was * now < 0 and distance > _MIN_DISTANCE_ACROSS):
            return FieldChange(name="cell", old=old.text, new=new.text)
    return None


def _position_of(sentence: Sentence) -> list[float]:
    """Return latitude and longitude, or one of them, of a value with coordinates, else []; minutes as degrees."""
    if _MINUTES.search(sentence.label):
        return [minutes / 60 for minutes in _degrees(sentence.text)]
    is_named = _LABEL.search(sentence.label) or _AXIS.search(sentence.label)
    is_position = is_named or (sentence.where.is_cell and _SHAPE.match(sentence.text))
    return _degrees(sentence.text) if is_position else []


def _degrees(text: str) -> list[float]:
    """Return latitude and longitude, or one of them, from "66 48 12 N 11 36 20 E", "66°48′N 11°36′E" or "66.8 11.6"."""
    numbers: list[float] = []
    axes: list[float] = []
    for part in _PART.finditer(text.translate(_MARKS)):
        if part["number"]:
            numbers.append(float(part["number"].replace(",", ".")))
        elif numbers:
            value = sum(number / 60**at for at, number in enumerate(numbers[:3]))
            axes.append(-value if part["side"] in "SW" else value)
            numbers = []
    return (axes or numbers)[:2]
