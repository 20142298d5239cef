// How long a candle is, and how its time is told.
import { moment } from '../../format.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** The intervals of the hub, the shortest first. */
export const INTERVALS = ['1m', '5m', '15m', '1h', '4h', '1D', '1W'] as const;
export type Interval = (typeof INTERVALS)[number];

/** From one candle to the next, milliseconds. */
export const STEP: Record<Interval, number> = { '1m': MINUTE, '5m': 5 * MINUTE, '15m': 15 * MINUTE, '1h': 60 * MINUTE, '4h': 240 * MINUTE, '1D': DAY, '1W': 7 * DAY };

/** Whether its candles are days of UTC: these have a date, and no time of day. */
export const isDated = (interval: Interval): boolean => STEP[interval] >= DAY;

/** `2025-12-02 12:30` by the clock here; `2025-12-02`, the date in UTC, of days and weeks. */
export const when = (at: number, interval: Interval): string => (isDated(interval) ? new Date(at).toISOString().slice(0, 10) : moment(at));
