INSERT INTO page (page_namespace, page_title, page_is_redirect, page_is_new, page_random, page_touched, page_latest,
    page_len, page_content_model)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
    SELECT 0, '{category}_' || i, 0, 1, 0.5, '20260101000000', 0, 10, 'wikitext' FROM n;
CREATE TEMPORARY TABLE source AS SELECT {copied}, slot_role_id, slot_content_id
    FROM revision JOIN slots ON slot_revision_id = rev_id ORDER BY rev_id DESC LIMIT 1;
INSERT INTO revision (rev_page, rev_parent_id, {copied}) SELECT page_id, 0, {copied} FROM page, source WHERE {made};
INSERT INTO slots (slot_revision_id, slot_role_id, slot_content_id, slot_origin)
    SELECT rev_id, source.slot_role_id, source.slot_content_id, rev_id
    FROM revision JOIN page ON rev_page = page_id, source WHERE {made};
UPDATE page SET page_latest = (SELECT rev_id FROM revision WHERE rev_page = page_id) WHERE {made};
INSERT INTO categorylinks
    (cl_from, cl_to, cl_sortkey, cl_sortkey_prefix, cl_timestamp, cl_collation, cl_type)
    SELECT page_id, '{category}', UPPER(page_title), '', '2026-01-01 00:00:00', 'uppercase', 'page'
    FROM page WHERE {made};
DROP TABLE source;
