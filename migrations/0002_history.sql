-- What a coin's price did in one hour, as the hub told it. Written once, when the hour is over.
CREATE TABLE prices_hourly (
  coin       TEXT NOT NULL,
  hour       INTEGER NOT NULL, -- Unix milliseconds, begin of the UTC hour
  symbol     TEXT NOT NULL,
  open       TEXT NOT NULL,
  high       TEXT NOT NULL,
  low        TEXT NOT NULL,
  close      TEXT NOT NULL,
  volume_24h TEXT,
  source     TEXT NOT NULL,
  PRIMARY KEY (coin, hour)
) WITHOUT ROWID;

-- Closed candles. No index besides the key: each would be one more row written per candle.
CREATE TABLE candles (
  pair         TEXT NOT NULL,
  interval     TEXT NOT NULL,
  open_at      INTEGER NOT NULL, -- Unix milliseconds
  open         TEXT NOT NULL,
  high         TEXT NOT NULL,
  low          TEXT NOT NULL,
  close        TEXT NOT NULL,
  volume       TEXT NOT NULL,
  quote_volume TEXT,
  source       TEXT NOT NULL,
  PRIMARY KEY (pair, interval, open_at)
) WITHOUT ROWID;

-- Pages of signals, newest first, of all types or of one. Both hold what such a page is sorted and continued by;
-- a least confidence is checked row by row.
DROP INDEX signals_by_time;
CREATE INDEX signals_by_time ON signals (created_at DESC, id);
CREATE INDEX signals_by_type ON signals (type, created_at DESC, id);
