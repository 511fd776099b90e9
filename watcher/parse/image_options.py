"""One part of a file link in, whether it is an option or the caption out."""

from __future__ import annotations

import re

# MediaWiki's magic words img_* in English and in the languages of the built-in dialects:
# https://www.mediawiki.org/wiki/Help:Images#Syntax
_WORDS = frozenset(
    """thumb thumbnail frame framed enframed frameless border left right center centre none baseline sub super sup top
    text-top middle bottom text-bottom upright
    mini miniatur gerahmt rahmenlos rand links rechts zentriert ohne hochkant
    vignette cadre encadré sans_cadre bordure gauche droite centré néant redresse
    miniatura miniaturadeimagen miniaturaimagen marco sin_marco sinmarco sinenmarcar borde izquierda izda izq
    derecha dcha der
    centro centrado ninguna ninguno no
    riquadrato senza_cornice bordo sinistra destra verticale
    miniaturadaimagem commoldura semmoldura semborda borda esquerda direita superiordireito
    omkaderd kaderloos rand gecentreerd geen rechtop
    mały ramka bez_ramki lewo prawo centruj środek brak
    мини миниатюра обрамить безрамки граница слева справа центр без мініатюра обрамити праворуч
    ліворуч границя
    缩略图 縮圖 左 右 居中 置中 无 無 有框 无框 無框 边框 邊框
    サムネイル 画像枠 中央 なし フレーム フレームなし 境界
    섬네일 썸네일 왼쪽 오른쪽 가운데 가운데_정렬 없음 프레임 프레임없음
    تصغير مصغر يمين يسار وسط مركز بلا إطار بإطار حدود अंगूठाकार अंगूठा दाएँ दाएं बाएँ बाएं केंद्र
    ธัมบ์เนล ขวา ซ้าย กลาง miniatyr vänster höger centrerad ingen ram inramad ramlös kantlinje
    küçükresim küçük_resim sağ sol orta merkez yok çerçeveli çerçevesiz nhỏ trái phải giữa không
    jmpl jempol kiri kanan pus tengah tanpabingkai bingkai náhled vlevo vpravo střed okraj rám bezrámu
    بندانگشتی راست چپ وسط هیچ قاب ממוזער שמאל ימין מרכז ללא מסגרת""".split()
)
_SIZE = re.compile(
    r"\d{0,9}(?:\s{0,9}x\s{0,9}\d{1,9})?\s{0,9}(?:px|пкс|pks|像素|ピクセル|픽셀|بك|بکس|पिक्सेल|พิกเซล|פיקסלים){1,2}",
    re.IGNORECASE,
)
# Options that carry a value, `name=value`, or for some languages `name value`.
_VALUED = re.compile(
    r"(?:link|lang|page|class|upright|thumb|thumbnail|frame|thumbtime|start|end|loop|muted|manualthumb|disablecontrols|"
    r"verweis|sprache|seite|klasse|hochkant|lien|langue|classe|redresse|enlace|idioma|página|clase|collegamento|lingua|pagina|verticale|"
    r"ligação|classe|koppeling|taal|klas|rechtop|odnośnik|język|strona|klasa|ссылка|язык|страница|класс|сверхусправа|посилання|"
    r"мова|сторінка|клас|länk|språk|sida|klass|stående|bağlantı|dil|sayfa|sınıf|dikey|liên_kết|链接|鏈接|連結|リンク|링크|وصلة|پیوند|קישור|"
    r"odkaz|jazyk|strana|třída|pra|pautan|tautan|सम्बन्ध|ลิงก์)\s*=.*"
    r"|(?:upright|hochkant|redresse|page|seite|страница|сверхусправа)\s+[\d.,]+",
    re.IGNORECASE | re.DOTALL,
)
_ALT = re.compile(
    r"(?:alt|alternativtext|alternatief|альт|tekst_alternatywny|代替文|替代文本|대체글|بديل|جایگزین|alternativ)\s*=(?P<value>.*)",
    re.IGNORECASE | re.DOTALL,
)


def is_option(part: str) -> bool:
    """Whether a stripped part of `[[File:…|part|…]]` says how, not what, the picture shows."""
    word = "_".join(part.lower().split())
    return word in _WORDS or bool(_SIZE.fullmatch(part) or _VALUED.fullmatch(part))


def option_value(part: str, name: str) -> str | None:
    """The value of `alt=…` under any of its names; None where the part is something else."""
    found = _ALT.fullmatch(part) if name == "alt" else None
    return found["value"].strip() if found else None
