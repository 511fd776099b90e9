INSERT INTO article (id, wiki, page_id, title, registered_at, cursor, failures)
    VALUES (1, 'en', 17, 'Lighthouses', '2026-03-01 12:00:00', 2, 0);
INSERT INTO text (id, digest, number, size, body)
    VALUES (1, :digest, 0, 12, :body);
INSERT INTO revision (id, wiki, revision_id, article_id, parent_id, at, minor, tags, text_hidden, text_id, seen_at)
    VALUES (1, 'en', 1, 1, 0, '2026-03-01 12:01:00', false, '[]', false, 1, '2026-03-01 12:02:00'),
           (2, 'en', 2, 1, 1, '2026-03-01 12:03:00', false, '[]', false, 1, '2026-03-01 12:04:00');
INSERT INTO comparison (id, article_id, before_id, after_id, at, parser, rules, worst, unread)
    VALUES (1, 1, 1, 2, '2026-03-01 12:05:00', '1', '1', 3, '[]');
INSERT INTO finding (id, comparison_id, position, kind, rule, severity, section, summary, body)
    VALUES (1, 1, 0, 'section.added', 'section_added', 3, '[]', 'new', '{"summary" : "new"}')
