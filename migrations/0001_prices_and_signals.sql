-- The last known price of each coin, written once a minute. Numbers that clients see are text: no digit is lost.
CREATE TABLE prices_latest (
  coin        TEXT PRIMARY KEY,
  symbol      TEXT NOT NULL,
  price       TEXT NOT NULL,
  change_24h  TEXT,
  volume_24h  TEXT,
  source      TEXT NOT NULL,
  observed_at INTEGER NOT NULL -- Unix milliseconds
) STRICT, WITHOUT ROWID;

-- Every signal, once: the id is the same whenever the same data is replayed.
CREATE TABLE signals (
  id           TEXT PRIMARY KEY,
  type         TEXT NOT NULL,
  coin         TEXT NOT NULL,
  symbol       TEXT NOT NULL,
  confidence   REAL NOT NULL,
  description  TEXT NOT NULL,
  price_change REAL NOT NULL,
  volume_spike REAL NOT NULL,
  sources      TEXT NOT NULL, -- a JSON list
  created_at   INTEGER NOT NULL -- Unix milliseconds
) STRICT, WITHOUT ROWID;

CREATE INDEX signals_by_time ON signals (created_at);
