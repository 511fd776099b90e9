from tests.cases import parametrize_each
from watcher.parse.layout import ranked_lists, sampled_statements

SAFE = "The bridge is safe for heavy lorries."


def items(text: str) -> list[str]:
    return [item.text for row in ranked_lists(text, "").values() for item in row]


def sampled(old: str, new: str) -> list[str]:
    return [statement.text for statement in sampled_statements(old, new)]


def test_items_of_a_numbered_list_are_ranked_wherever_it_stands():
    assert items("== Ports ==\n# [[Ardal]]<ref>Log</ref>\n#* a note\n# '''Torvik'''<!-- checked -->\n") == [
        "Ardal",
        "Torvik",
    ]
    assert items("== Ports ==\n* Ardal\n* Torvik\n") == []


def test_a_numbered_list_of_sources_and_a_redirect_rank_nothing():
    assert items("== References ==\n# Log book\n# Ledger\n") == []
    assert items("#REDIRECT [[Ardal]]") == []


def test_lists_of_sections_that_both_texts_have_are_not_read():
    text = "== Ports ==\n# Ardal\n\n== Ships ==\n# Swan\n"
    assert [*ranked_lists(text, text.replace("Swan", "Tern"))] == [("Ships",)]


@parametrize_each("form")
def test_a_statement_that_only_a_sample_has_now_is_named(form: str):
    assert sampled("A pier. The [[bridge]] is ''safe'' for heavy lorries.", f"A pier. {form.format(SAFE)}") == [SAFE]


def test_commands_new_samples_and_statements_that_stand_beside_theirs_are_not_named():
    assert sampled("Run sort -n -r before you print.", "Run <code>sort -n -r</code> before you print.") == []
    assert sampled("A pier.", f"A pier. <pre>{SAFE}</pre>") == []
    assert sampled(SAFE, f"{SAFE} <pre>{SAFE}</pre>") == []
    assert sampled(SAFE, f"<code>{SAFE}") == []


def test_a_sample_knows_its_section():
    (statement,) = sampled_statements(f"A.\n== B ==\n{SAFE}", f"A.\n== B ==\n<code>{SAFE}</code>")
    assert statement.location.section == ("B",)
