from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.cases import for_each
from watcher.model import TextKind
from watcher.parse.render.passages import boundaries, has_content


def split(text: str, language: str = "en", where: TextKind = TextKind.PROSE, marks: Sequence[int] = ()):
    return [text[start:end] for start, end in boundaries(text, language, where, marks)]


@for_each(
    ("text", "answer"),
    [
        ("12", True),
        ("a", True),
        ("✓", True),
        ("%", True),
        ("船", True),
        ("—", False),
        (" – ", False),
        ("...", False),
        ("|", False),
        ("", False),
    ],
)
def test_dashes_and_stops_say_nothing(text: str, answer: object):
    assert has_content(text) is answer


@for_each(
    ("language", "sentences"),
    [
        ("en", ["Rents fell.", "Wages rose!", "Why?"]),
        ("en", ["See vol. 3 of the survey.", "It counts approx. 400 ships."]),
        ("en", ["Table no. 5 lists them on pp. 12–14.", "Dr. Ode wrote it."]),
        ("en", ["The U.S. fleet had 12 ships.", "Others had none."]),
        ("en", ["It grew by 3.5 percent.", "Then it shrank."]),
        ("en", ["It was “right for me.”", "Stirner left."]),
        ("en", ["It was 'right for me.'", "Stirner left."]),
        ("en", ["He owned (the ships.)", "They sank."]),
        ("en", ["He owned (the ships.)", "“They sank”, he wrote."]),
        ("en", ["He met (the firm of Ode, Inc.) Smith [and J.] Mill [...] Kent (iron, etc.) Ships."]),
        ("en", ["He met Smith (1840?) Jones."]),
        ("en", ["It sank.", "(Gull 1846) Gull was there.", "It rose.", "(Gull 1867) Ode left."]),
        ("en", ["1) Rents fell.", "2) Wages rose."]),
        ("de", ["Es waren (ca. 5 Mio.) Menschen.", "Er sagte: „Nein.“", "Dann ging er."]),
        ("ru", ["Он вышел (и всё.)", "Потом вернулся (в 1900 г.) Пётр."]),
        ("en", ["“It is over.”", "They left."]),
        ("en", ["They left. . ."]),
        ("en", ["Was it over?!", "They said no… maybe."]),
        ("ru", ["Доход вырос до 3 млн. руб. за год.", "Затем упал."]),
        ("zh", ["船只增加了。", "工资下降了。"]),
        ("hi", ["जहाज़ बढ़े।", "मज़दूरी घटी।"]),
        ("hi", ["लेखक पं. राम थे।", "वे चले गए।"]),
        ("th", ["เรือ 12 ลำ พ.ศ. 2540 และ พ.ศ. 2541 ที่ท่า"]),
    ],
)
def test_text_splits_at_the_ends_of_sentences_only(language: str, sentences: list[str]):
    joint = "" if language == "zh" else " "
    assert split(joint.join(sentences), language) == sentences


@pytest.mark.parametrize("where", [TextKind.TABLE, TextKind.INFOBOX])
def test_a_short_cell_is_one_sentence_and_a_long_one_is_prose(where: TextKind):
    assert split("Est. 1900. Closed.", where=where) == ["Est. 1900. Closed."]
    long = "The first mill burned down in a storm. " * 8
    assert len(split(long.strip(), where=where)) == 8


@for_each(
    ("language", "sentences"),
    [
        ("en", ["Rents fell", "The wages rose"]),
        ("en", ["He called it “a ship's loss", "Its wages rose”"]),
        ("en", ["He called “a ship. It sank.", "Smith left” it."]),
        ("en", ["He called “a ship. It sank.”", "(Smith left.)"]),
        ("en", ["He came to the U.S. Government in Kent"]),
        ("en", ["He met Smith Jones"]),
        ("de", ["Er traf Smith The Jones"]),
        ("ru", ["Он пришёл. он ушёл"]),
    ],
)
def test_a_footnote_ends_a_sentence_before_a_capital(language: str, sentences: list[str]):
    text = " ".join(sentences)
    marks = [len(sentences[0])] if len(sentences) > 1 else [at for at, letter in enumerate(text) if letter == " "]
    assert split(text, language, marks=marks) == sentences
