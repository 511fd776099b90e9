"""Test which images a link, gallery or template shows, with captions."""

from tests.cases import for_each
from watcher.model import Figure
from watcher.parse.analysis import analyse
from watcher.parse.dialects import dialect_for
from watcher.parse.render.images import normal_file


def shown(text: str, language: str = "en") -> list[tuple[str, str, str]]:
    return [(figure.file, figure.caption, figure.alt) for figure in analyse(text, dialect_for(language)).figures]


CASES = {
    "bare": ("[[File:A b.jpg]]", [("A b.jpg", "", "")]),
    "Image is File": ("[[image:a_b.jpg|thumb|Cap]]", [("A b.jpg", "Cap", "")]),
    "options in any order": (
        "[[File:A.jpg|thumb|upright=1.2|left|200x100px|border|lang=de|link=http://a.b|alt=An alt|The cap]]",
        [("A.jpg", "The cap", "An alt")],
    ),
    "the last free part is the caption": ("[[File:A.jpg|thumb|First|Second|right]]", [("A.jpg", "Second", "")]),
    "a caption may hold bars": ("[[File:A.jpg|A [[b|c]] and {{nowrap|d e}}]]", [("A.jpg", "A c and d e", "")]),
    "a caption may hold a ref": ("[[File:A.jpg|A<ref name=x>b|c</ref> d]]", [("A.jpg", "A d", "")]),
    "a caption with an equals sign": ("[[File:A.jpg|thumb|Rate = 5 of 7]]", [("A.jpg", "Rate = 5 of 7", "")]),
    "a caption that begins like an option": ("[[File:A.jpg|Left of the road]]", [("A.jpg", "Left of the road", "")]),
    "a figure in a caption": ("[[File:A.jpg|thumb|21 million]]", [("A.jpg", "21 million", "")]),
    "a mere link shows nothing": ("[[:File:A.jpg|text]]", []),
    "another namespace shows nothing": ("[[Category:A.jpg]]", []),
    "an article shows nothing": ("[[A.jpg]]", []),
    "gallery": (
        "<gallery mode=x>\nFile:a.jpg|Cap [[b|c]]|alt=Alt\nB_c.png\n\nx\nImage:D.svg|D\n</gallery>",
        [("A.jpg", "Cap c", "Alt"), ("B c.png", "", ""), ("D.svg", "D", "")],
    ),
    "gallery with an unclosed caption": (
        "<gallery>\nA.jpg|x {{b\nB.jpg|y\n</gallery>",
        [("A.jpg", "x ｛｛b", ""), ("B.jpg", "y", "")],
    ),
    "multiple image": (
        "{{Multiple image|image1=a.jpg|caption1=One|alt1=Alt one|image2=b.jpg|caption2=Two|width=200}}",
        [("A.jpg", "One", "Alt one"), ("B.jpg", "Two", "")],
    ),
    "gallery template": (
        "{{gallery|title=T|File:a.jpg|One|alt1=Alt|File:b.jpg|[[Two]]}}",
        [("A.jpg", "One", "Alt"), ("B.jpg", "Two", "")],
    ),
    "wide image": ("{{wide image|a.jpg|800px|The cap}}", [("A.jpg", "The cap", "")]),
    "infobox": (
        "{{Infobox x|image=a_b.jpg|caption=C|alt=Alt|flag=F.svg|image_map=M.png|map_caption=Where|logo=File:L.svg}}",
        [("A b.jpg", "C", "Alt"), ("F.svg", "", ""), ("M.png", "Where", ""), ("L.svg", "", "")],
    ),
    "numbered infobox pictures": (
        "{{Infobox x|image1=a.jpg|caption1=One|image2=b.jpg|caption2=Two}}",
        [("A.jpg", "One", ""), ("B.jpg", "Two", "")],
    ),
    "image_name": ("{{Infobox x|image_name=a.jpg|image_caption=Cap|image_alt=Alt}}", [("A.jpg", "Cap", "Alt")]),
    "empty infobox picture": ("{{Infobox x|image=|caption=Cap}}", []),
    "a link in an infobox": ("{{Infobox x|image=[[File:A.jpg|thumb|Cap]]}}", [("A.jpg", "Cap", "")]),
    "a citation shows nothing": ("{{cite web|title=a.pdf|url=http://a.org/b.pdf}}", []),
    "an address is no file": ("{{x|image=http://a.org/b.jpg}}", []),
    "other tags show nothing": ("<div>a.jpg</div>", []),
    "invisible marks in the name": ("[[File:\u200eA.jpg\u200f|thumb|Cap]]", [("A.jpg", "Cap", "")]),
    "entity in the name": ("[[File:A &amp; b.jpg]]", [("A & b.jpg", "", "")]),
}


@for_each("name", CASES)
def test_pictures_are_found_with_caption_and_alt(name: str):
    text, expected = CASES[name]
    assert shown(text) == expected


LOCAL = {
    "de": "[[Datei:a.jpg|mini|hochkant=1.2|links|200px|alternativtext=Alt|Cap]]",
    "fr": "[[Fichier:a.jpg|vignette|redresse=1.2|gauche|alt=Alt|Cap]]",
    "es": "[[Archivo:a.jpg|miniaturadeimagen|izquierda|200px|alt=Alt|Cap]]",
    "ru": "[[Файл:a.jpg|мини|слева|200пкс|альт=Alt|Cap]]",
    "pl": "[[Plik:a.jpg|mały|lewo|alt=Alt|Cap]]",
    "nl": "[[Bestand:a.jpg|miniatuur|links|alt=Alt|Cap]]",
    "ja": "[[ファイル:a.jpg|サムネイル|左|200ピクセル|代替文=Alt|Cap]]",
    "zh": "[[文件:a.jpg|缩略图|左|200像素|替代文本=Alt|Cap]]",
    "vi": "[[Tập_tin:a.jpg|nhỏ|trái|alt=Alt|Cap]]",
}


@for_each("language", LOCAL)
def test_names_and_options_of_the_wikis_language_are_known(language: str):
    assert shown(LOCAL[language], language) == [("A.jpg", "Cap", "Alt")]


def test_a_name_of_another_language_is_a_link():
    assert shown("[[Datei:a.jpg]]", "fr") == []


def figure(text: str) -> Figure:
    return analyse(text, dialect_for("en")).figures[0]


@for_each("option", ["", "|200px", "|left|upright", "|frameless|border|center"])
def test_size_and_placement_alone_are_no_difference(option: str):
    assert figure(f"[[File:A.jpg{option}|Cap]]") == figure("[[File:A.jpg|thumb|right|Cap]]")


def test_options_are_kept_as_written():
    assert figure("[[File:A.jpg|thumb|upright = 1.2|Cap]]").options == ("thumb", "upright = 1.2")


def test_references_in_a_caption_belong_to_the_figure():
    assert figure("[[File:A.jpg|Cap<ref name=a>T</ref>{{r|b}}<ref name=a />]]").references == ("a", "b")


@for_each(
    ("written", "normal"),
    [("a_b.jpg", "A b.jpg"), (" a  b.jpg ", "A b.jpg"), ("éa.jpg", "Éa.jpg"), ("a.jpg#part", "A.jpg"), ("", "")],
)
def test_a_file_name_has_one_form(written: str, normal: str):
    assert normal_file(written) == normal
