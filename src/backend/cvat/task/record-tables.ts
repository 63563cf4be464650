/** Version of the tables below, kept in the file's `user_version`. */
const VERSION = 1;

/**
 * `runs`: one for every refining of the task, with what was wanted. `lines`: what became of each shape. `groups`: the group of shapes that a run adds to a job. `writes`: what was
 * sent to CVAT, `sent` until its answer is known. `changes`: the shapes of a write, old and new; `undoes` is the change
 * that this one takes back.
 */
const CREATE = `
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    wish TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL,
    jobs TEXT
  );
  CREATE TABLE lines (
    run INTEGER NOT NULL REFERENCES runs (id),
    job INTEGER NOT NULL,
    is_track INTEGER NOT NULL,
    id INTEGER NOT NULL,
    frame INTEGER NOT NULL,
    status TEXT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (run, job, is_track, id)
  );
  CREATE TABLE groups (
    run INTEGER NOT NULL REFERENCES runs (id),
    job INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (run, job)
  ) WITHOUT ROWID;
  CREATE TABLE writes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES runs (id),
    job INTEGER NOT NULL,
    action TEXT NOT NULL,
    state TEXT NOT NULL,
    sent_ms INTEGER NOT NULL,
    highest_id INTEGER NOT NULL
  );
  CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    write INTEGER NOT NULL REFERENCES writes (id) ON DELETE CASCADE,
    job INTEGER NOT NULL,
    old_id INTEGER NOT NULL,
    old TEXT NOT NULL,
    new_id INTEGER,
    new TEXT,
    line TEXT,
    undoes INTEGER REFERENCES changes (id),
    undone INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX changes_by_write ON changes (write);
  CREATE INDEX changes_by_new ON changes (job, new_id);
  PRAGMA user_version = ${VERSION};
`;

export const RECORD_TABLES = {
  create: CREATE,
  version: VERSION,
  unusable: 'CVAT_RECORD_UNUSABLE',
  inUse: 'CVAT_TASK_BUSY',
} as const;
