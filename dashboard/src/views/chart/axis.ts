// The axis of time. lightweight-charts knows UTC alone: here days begin, and clocks go, as they do where the page is seen.
import { defaultHorzScaleBehavior, TickMarkType, type Time, type TimeScalePoint, type UTCTimestamp } from 'lightweight-charts';
import { isDated, when, type Interval } from './interval.ts';

/** A point whose weight says how much its mark on the axis counts. */
type Point = { -readonly [K in keyof TimeScalePoint]: TimeScalePoint[K] };

const UtcScale = defaultHorzScaleBehavior();

/** Weighs points by the local clock: the first bar of a day is the first one after midnight here. */
class LocalScale extends UtcScale {
  override fillWeightsForPoints(points: readonly Point[], start: number): void {
    const from = Math.max(0, start - 1);
    const shifted = points.slice(from).map((point) => ({ ...point, time: this.convertHorzItemToInternal(asUtc(point.originalTime as number)) }));
    super.fillWeightsForPoints(shifted, start - from);
    shifted.slice(start - from).forEach(({ timeWeight }, n) => {
      const point = points[start + n];
      if (point) point.timeWeight = timeWeight;
    });
  }
}

/** The time in UTC at which a clock there shows what one here shows at `seconds`. */
const asUtc = (seconds: number) => (seconds - new Date(seconds * 1000).getTimezoneOffset() * 60) as UTCTimestamp;

/** What weighs the points of an axis of this interval. */
export const scaleOf = (interval: Interval) => new (isDated(interval) ? UtcScale : LocalScale)();

const MARKS: Record<TickMarkType, Intl.DateTimeFormatOptions> = {
  [TickMarkType.Year]: { year: 'numeric' },
  [TickMarkType.Month]: { month: 'short' },
  [TickMarkType.DayOfMonth]: { day: 'numeric', month: 'short' },
  [TickMarkType.Time]: { hour: '2-digit', minute: '2-digit' },
  [TickMarkType.TimeWithSeconds]: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
};

/** How the axis and the crosshair write times of this interval. */
export function formatters(interval: Interval) {
  const zone = isDated(interval) ? { timeZone: 'UTC' } : {};
  return {
    time: (time: Time) => when((time as number) * 1000, interval),
    mark: (time: Time, type: TickMarkType) => new Date((time as number) * 1000).toLocaleString('en-GB', { ...MARKS[type], ...zone }),
  };
}
