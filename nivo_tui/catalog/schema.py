"""The tables of the two databases, as numbered migrations.

One that has been released is never edited: a new one is added. Each statement begins on its own line.
"""

from __future__ import annotations

from nivo_tui.metadata.journal_records import SCHEMA as JOURNAL_SCHEMA
from nivo_tui.metadata.journal_records import SCHEMA_OF_TRACES as JOURNAL_TRACES

CATALOG_MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE photos(
        id INTEGER PRIMARY KEY,
        path BLOB NOT NULL UNIQUE,
        folder BLOB NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL,
        format TEXT,
        width INTEGER,
        height INTEGER,
        taken_at TEXT,
        capture TEXT NOT NULL DEFAULT '{}',
        lat REAL,
        lon REAL,
        alt REAL,
        rating INTEGER,
        metadata TEXT NOT NULL DEFAULT '{}',
        image_hash TEXT,
        hash_of_file INTEGER NOT NULL DEFAULT 0,
        perceptual_hash TEXT,
        features TEXT,
        preliminary INTEGER NOT NULL DEFAULT 0,
        quality_score REAL,
        sharpness REAL,
        exposure REAL,
        noise REAL,
        face_count INTEGER,
        detector TEXT,
        signature TEXT,
        notes TEXT NOT NULL DEFAULT '[]',
        error TEXT
    );
    CREATE INDEX photos_folder ON photos(folder);
    CREATE INDEX photos_taken ON photos(taken_at);
    CREATE INDEX photos_hash ON photos(image_hash);
    CREATE TABLE faces(
        photo INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        "left" REAL NOT NULL,
        top REAL NOT NULL,
        "right" REAL NOT NULL,
        bottom REAL NOT NULL,
        score REAL NOT NULL,
        landmarks TEXT NOT NULL,
        embedding BLOB,
        PRIMARY KEY(photo, number)
    ) WITHOUT ROWID;
    CREATE TABLE suggestions(
        photo INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
        tag TEXT NOT NULL,
        label TEXT NOT NULL,
        category TEXT NOT NULL,
        confidence REAL NOT NULL,
        source TEXT NOT NULL,
        why TEXT NOT NULL,
        fact INTEGER NOT NULL,
        ticked INTEGER NOT NULL,
        place INTEGER NOT NULL,
        PRIMARY KEY(photo, tag)
    ) WITHOUT ROWID;
    CREATE INDEX suggestions_tag ON suggestions(tag, confidence);
    CREATE TABLE keywords(
        photo INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
        folded TEXT NOT NULL,
        keyword TEXT NOT NULL,
        place INTEGER NOT NULL,
        PRIMARY KEY(photo, folded)
    ) WITHOUT ROWID;
    CREATE INDEX keywords_folded ON keywords(folded);
    CREATE TABLE quarantine(
        path BLOB PRIMARY KEY,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        kills INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE jobs(
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        options TEXT NOT NULL,
        title TEXT NOT NULL,
        state TEXT NOT NULL,
        cancel INTEGER NOT NULL DEFAULT 0,
        owner INTEGER NOT NULL,
        asked_at REAL NOT NULL,
        ended_at REAL,
        done INTEGER NOT NULL DEFAULT 0,
        total INTEGER,
        summary TEXT
    );
    CREATE TABLE events(
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        line TEXT NOT NULL
    );
    CREATE TABLE engine(
        only INTEGER PRIMARY KEY CHECK(only = 1),
        pid INTEGER NOT NULL,
        host TEXT NOT NULL,
        started_at REAL NOT NULL,
        beat_at REAL NOT NULL,
        job TEXT
    );
    """,
    """
    CREATE TABLE uninformative(
        tag TEXT PRIMARY KEY,
        photos INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    # What the models saw is kept, so that a changed rule or a new model needs no second look at all else.
    """
    ALTER TABLE photos RENAME COLUMN signature TO versions;
    ALTER TABLE photos ADD COLUMN objects TEXT;
    ALTER TABLE photos ADD COLUMN classes TEXT;
    ALTER TABLE photos ADD COLUMN vector BLOB;
    ALTER TABLE faces ADD COLUMN quality TEXT;
    CREATE TABLE pack_deaths(
        pack TEXT PRIMARY KEY,
        deaths INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    # A shot is shown in the row of its lead; the lead itself has none. `companions` are the endings beside
    # it, as JSON. `added_at` is when the photo came into the catalog, in epoch seconds.
    """
    ALTER TABLE photos ADD COLUMN lead BLOB;
    ALTER TABLE photos ADD COLUMN companions TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE photos ADD COLUMN added_at REAL NOT NULL DEFAULT 0;
    CREATE INDEX photos_listed ON photos(path) WHERE lead IS NULL;
    CREATE INDEX photos_lead ON photos(lead) WHERE lead IS NOT NULL;
    """,
    # `stated` is what the file itself says of its time (JSON), where another time is taken for true. `path`
    # is a suggestion's own place in the hierarchy, as JSON. `words` are the keywords of the library's files,
    # with the tag that each one means. `bars` are the floor and the bar of each suggested judgement, and the
    # bar that its ticks follow now. `unsettled` are photos not yet compared with the rest of their burst.
    # Below: tags that got another id, so that what was decided fits before the next scan too.
    """
    ALTER TABLE photos ADD COLUMN stated TEXT;
    ALTER TABLE suggestions ADD COLUMN path TEXT;
    CREATE TABLE words(
        folded TEXT PRIMARY KEY,
        keyword TEXT NOT NULL,
        path TEXT NOT NULL,
        photos INTEGER NOT NULL,
        tag TEXT,
        label TEXT,
        tag_path TEXT
    ) WITHOUT ROWID;
    CREATE TABLE bars(
        tag TEXT PRIMARY KEY,
        label TEXT NOT NULL,
        floor REAL NOT NULL,
        bar REAL NOT NULL,
        applied REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE unsettled(photo INTEGER PRIMARY KEY, averaged INTEGER NOT NULL DEFAULT 0);
    DELETE FROM suggestions WHERE tag = 'vibrant';
    UPDATE suggestions SET tag = 'vibrant' WHERE tag = 'colorful';
    UPDATE suggestions SET tag = 'warm' WHERE tag = 'warm_tones';
    UPDATE suggestions SET tag = 'cool' WHERE tag = 'cool_tones';
    UPDATE suggestions SET tag = 'twilight' WHERE tag = 'blue_hour';
    DELETE FROM uninformative WHERE tag IN ('colorful', 'warm_tones', 'cool_tones', 'blue_hour', 'vibrant');
    """,
)

DECISIONS_MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE acts(
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        made_by TEXT NOT NULL,
        made_at TEXT NOT NULL,
        revoked_at TEXT
    );
    CREATE TABLE decisions(
        id INTEGER PRIMARY KEY,
        act INTEGER NOT NULL REFERENCES acts(id),
        path BLOB NOT NULL,
        image_hash TEXT,
        tag TEXT NOT NULL,
        label TEXT NOT NULL,
        category TEXT,
        state TEXT NOT NULL,
        revoked_at TEXT
    );
    CREATE INDEX decisions_path ON decisions(path, tag);
    CREATE INDEX decisions_act ON decisions(act);
    CREATE INDEX decisions_hash ON decisions(image_hash);
    CREATE TABLE reviews(
        id INTEGER PRIMARY KEY,
        act INTEGER NOT NULL REFERENCES acts(id),
        path BLOB NOT NULL,
        image_hash TEXT
    );
    CREATE INDEX reviews_path ON reviews(path);
    CREATE INDEX reviews_act ON reviews(act);
    CREATE TABLE rules(
        id INTEGER PRIMARY KEY,
        act INTEGER NOT NULL REFERENCES acts(id),
        kind TEXT NOT NULL,
        tag TEXT NOT NULL
    );
    -- An index of the newest decision that stands for each photo and tag: made again from `decisions`.
    CREATE TABLE standing(
        path BLOB NOT NULL,
        tag TEXT NOT NULL,
        decision INTEGER NOT NULL REFERENCES decisions(id),
        state TEXT NOT NULL,
        folded TEXT NOT NULL,
        PRIMARY KEY(path, tag)
    ) WITHOUT ROWID;
    CREATE INDEX standing_state ON standing(state, path);
    """,
    JOURNAL_SCHEMA,
    JOURNAL_TRACES,
    # Where a person was when the screen was left, for each folder it was opened on.
    """
    CREATE TABLE places(
        root BLOB PRIMARY KEY,
        folder BLOB NOT NULL,
        path BLOB,
        left_at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX standing_tag ON standing(tag, state, path);
    """,
    # `rules.text` is the word that a rule is about; `decisions.single` is 1 where a key of its own judged the
    # tag on this photo; `own_words` are keywords a person brought along, `clocks` the corrections of cameras'
    # clocks, `offers` what was shown once. Below: tags that got another id.
    """
    ALTER TABLE rules ADD COLUMN text TEXT;
    ALTER TABLE decisions ADD COLUMN single INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE own_words(
        id INTEGER PRIMARY KEY,
        act INTEGER NOT NULL REFERENCES acts(id),
        path TEXT NOT NULL,
        synonyms TEXT NOT NULL DEFAULT '[]'
    );
    CREATE TABLE clocks(
        id INTEGER PRIMARY KEY,
        act INTEGER NOT NULL REFERENCES acts(id),
        camera TEXT,
        first TEXT,
        last TEXT,
        kind TEXT NOT NULL,
        seconds REAL NOT NULL,
        zone INTEGER
    );
    CREATE TABLE offers(what TEXT PRIMARY KEY, offered_at REAL NOT NULL) WITHOUT ROWID;
    CREATE TEMP TABLE renamed AS SELECT 'colorful' AS old, 'vibrant' AS new, 'color' AS category
        UNION ALL SELECT 'warm_tones', 'warm', 'color' UNION ALL SELECT 'cool_tones', 'cool', 'color'
        UNION ALL SELECT 'vibrant', 'vibrant', 'color' UNION ALL SELECT 'blue_hour', 'twilight', 'temporal'
        UNION ALL SELECT 'selfie', 'selfie', 'people';
    UPDATE decisions SET category = (SELECT category FROM renamed WHERE old = tag),
        tag = (SELECT new FROM renamed WHERE old = tag) WHERE tag IN (SELECT old FROM renamed);
    DELETE FROM standing WHERE tag IN (SELECT old FROM renamed) AND EXISTS(
        SELECT 1 FROM standing AS other JOIN renamed AS theirs ON theirs.old = other.tag
        JOIN renamed AS ours ON ours.old = standing.tag
        WHERE other.path = standing.path AND theirs.new = ours.new AND other.decision > standing.decision);
    UPDATE standing SET tag = (SELECT new FROM renamed WHERE old = tag)
        WHERE tag IN (SELECT old FROM renamed);
    UPDATE rules SET tag = (SELECT new FROM renamed WHERE old = tag) WHERE tag IN (SELECT old FROM renamed);
    DROP TABLE renamed;
    """,
)
