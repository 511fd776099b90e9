"""Look up a language's built-in namespace names."""

from __future__ import annotations

from watcher.model import Dialect
from watcher.model.cached import load_once

# One row a language: file namespaces, then category namespaces, as MediaWiki's own language files
# name them (https://www.mediawiki.org/wiki/Help:Namespaces#Localisation), gendered and old forms included.
_NAMES: dict[str, tuple[str, str]] = {
    "en": ("", ""),
    "ar": ("ملف|صورة", "تصنيف"),
    "bg": ("файл|картинка", "категория"),
    "bn": ("চিত্র", "বিষয়শ্রেণী"),
    "ca": ("fitxer|imatge", "categoria"),
    "cs": ("soubor|obrázek", "kategorie"),
    "da": ("fil|billede", "kategori"),
    "de": ("datei|bild", "kategorie"),
    "el": ("αρχείο|εικόνα", "κατηγορία"),
    "eo": ("dosiero", "kategorio"),
    "es": ("archivo|imagen", "categoría"),
    "et": ("pilt|fail", "kategooria"),
    "eu": ("fitxategi|irudi", "kategoria"),
    "fa": ("پرونده|تصویر", "رده"),
    "fi": ("tiedosto|kuva", "luokka"),
    "fr": ("fichier", "catégorie"),
    "gl": ("ficheiro|imaxe", "categoría"),
    "he": ("קובץ|תמונה", "קטגוריה"),
    "hi": ("चित्र", "श्रेणी"),
    "hr": ("datoteka|slika", "kategorija"),
    "hu": ("fájl|kép", "kategória"),
    "id": ("berkas|gambar", "kategori"),
    "it": ("immagine", "categoria"),
    "ja": ("ファイル|画像", "カテゴリ"),
    "ko": ("파일|그림", "분류"),
    "lt": ("vaizdas", "kategorija"),
    "lv": ("attēls", "kategorija"),
    "ms": ("fail|imej", "kategori"),
    "nl": ("bestand|afbeelding", "categorie"),
    "no": ("fil|bilde", "kategori"),
    "pl": ("plik|grafika", "kategoria"),
    "pt": ("ficheiro|imagem|arquivo", "categoria"),
    "ro": ("fișier|fişier|imagine", "categorie"),
    "ru": ("файл|изображение", "категория"),
    "sk": ("súbor|obrázok", "kategória"),
    "sl": ("slika", "kategorija"),
    "sr": ("датотека|слика|datoteka|slika", "категорија|kategorija"),
    "sv": ("fil|bild", "kategori"),
    "ta": ("படிமம்", "பகுப்பு"),
    "th": ("ไฟล์|ภาพ", "หมวดหมู่"),
    "tr": ("dosya|resim", "kategori"),
    "uk": ("файл|зображення", "категорія"),
    "ur": ("فائل|تصویر", "زمرہ"),
    "vi": ("tập tin|hình|tập tin", "thể loại"),
    "zh": ("文件|檔案|档案|圖像|图像|圖片|图片", "分类|分類"),
}

# Codes under which the same namespace names are spoken.
_SAME_AS = {"simple": "en", "nb": "no", "nn": "no", "sh": "hr", "bs": "hr", "zh-yue": "zh", "yue": "zh", "wuu": "zh"}

_FILES = ("file", "image")
_CATEGORIES = ("category",)


@load_once
def dialect_for(language: str) -> Dialect:
    """Return the built-in dialect of a wiki language (`de`, `pt-br`), for use without the wiki's siteinfo.

    The canonical English names work on every wiki and are always included; an unknown language has these alone.

    >>> dialect_for("de").file_namespaces
    ('file', 'image', 'datei', 'bild')
    """
    code = language.strip().lower()
    base = code.partition("-")[0]
    row = _NAMES.get(_SAME_AS.get(code, code)) or _NAMES.get(_SAME_AS.get(base, base), ("", ""))
    files, categories = (tuple(name for name in column.split("|") if name) for column in row)
    return Dialect(
        language=code,
        file_namespaces=tuple(dict.fromkeys(_FILES + files)),
        category_namespaces=tuple(dict.fromkeys(_CATEGORIES + categories)),
    )
