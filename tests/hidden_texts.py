"""Wikitexts of which readers do not see the word "secret", and others of which they see all that is "shown".

The parser is asked about them, and so is a real MediaWiki, whose answer decides.
"""

from __future__ import annotations

_NONE = 'style="display:none"'

HIDDEN = [
    f"shown <span {_NONE}>secret</span>",
    f"shown <SPAN {_NONE.upper()}>secret</SPAN>",
    "shown <span style=display:none>secret</span>",
    "shown <span style='visibility: hidden'>secret</span>",
    'shown <span style="font-size:0">secret</span>',
    'shown <span style="opacity:0">secret</span>',
    'shown <span style="display&#58;none">secret</span>',
    r'shown <span style="dis\70 lay:none">secret</span>',
    'shown <span class="x" title="y" style="color:red;display:none;">secret</span>',
    f"<div {_NONE}>\nsecret\n\nsecret\n</div>\nshown",
    f"<div {_NONE}><div>secret</div>secret</div>shown",
    f"shown\n<div {_NONE}>\nsecret\n== secret ==\nsecret",
    f"shown\n<blockquote {_NONE}>secret\n\nsecret",
    f"<div {_NONE}>\n{{|\n| secret\n|}}\n</div>\nshown",
    f"shown <b {_NONE}>secret\n\nsecret",
    f"shown <span {_NONE}>secret\n\nshown",
    f"shown\n* a <span {_NONE}>secret\n* shown",
    "shown <s>secret</s>",
    "shown <strike>secret</strike>",
    "shown <del>secret</del> shown",
    "shown <s>secret\n\nsecret\n* secret",
    "<s>\nsecret\n\nsecret\n</s>\nshown",
    "shown <s/>secret",
    "shown\n<s>{|\n| secret\n|}\nsecret\n\nsecret\n== secret ==\nsecret",
    f"shown\n<b {_NONE}>{{|\n| secret\n|}}\nsecret\n\nsecret\n== secret ==\nsecret",
    "shown<includeonly>secret</includeonly>",
    "shown <includeonly>secret",
    "<includeonly>\nsecret\n== secret ==\n</includeonly>\nshown",
    f"{{|\n|- {_NONE}\n| secret\n|-\n| shown\n|}}",
    f"{{|\n|-\n| {_NONE} | secret || shown\n|}}",
    f"{{| {_NONE}\n|-\n| secret\n|}}\nshown",
    f"{{|\n|-\n| a <span {_NONE}>secret || shown\n|}}",
    "{|\n|-\n| a <s>secret\n| shown\n|}",
    "shown {{#tag:span|secret|style=display:none}}",
    "shown {{#tag:s|secret}}",
    f"<table {_NONE}><tr><td>secret</td></tr></table>shown",
]

SEEN = [
    "<span style='color:red'>shown</span>",
    f"<!-- <div {_NONE}> --> shown",
    f"<nowiki><div {_NONE}></nowiki> shown",
    "<noinclude>shown</noinclude>",
    "<onlyinclude>shown</onlyinclude>",
    "a<includeonly/> shown",
    f"<section {_NONE}>shown</section>",
    f"<span {_NONE}>x</span>shown",
    f"<span {_NONE}>x\n\nshown</span>",
    "<s>a</del>b</s> shown",
    "<strike>a</s>b</strike> shown",
    '<span style="">shown</span>',
    '<div class="mw-collapsible mw-collapsed">shown</div>',
    '<span style="font-size:90%">shown</span>',
]
