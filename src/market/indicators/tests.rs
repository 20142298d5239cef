//! Against worked examples, as two other projects hold themselves against them.
//!
//! - PyAlgoTrade, `testcases/`: `data/sc-ema-10.csv`, `data/rsi-test.csv`, `technical_atr_test.py` and
//!   `technical_bollinger_test.py`. Its figures are those of StockCharts' ChartSchool.
//! - Highcharts, `samples/unit-tests/indicator-macd/recalculations/demo.js`.

use proptest::prelude::*;

use super::*;

/// From the tenth on the average of 10.
const EMA_CLOSES: [f64; 30] = [
    22.2734, 22.194, 22.0847, 22.1741, 22.184, 22.1344, 22.2337, 22.4323, 22.2436, 22.2933, 22.1542, 22.3926,
    22.3816, 22.6109, 23.3558, 24.0519, 23.753, 23.8324, 23.9516, 23.6338, 23.8225, 23.8722, 23.6537, 23.187,
    23.0976, 23.326, 22.6805, 23.0976, 22.4025, 22.1725,
];
const EMA: [f64; 21] = [
    22.22475, 22.21192, 22.24477, 22.26965, 22.33170, 22.51790, 22.79681, 22.97066, 23.12734, 23.27721,
    23.34204, 23.42940, 23.50991, 23.53605, 23.47259, 23.40441, 23.39015, 23.26112, 23.23139, 23.08068,
    22.91556,
];
/// From the fifteenth on RSI(14).
const RSI_CLOSES: [f64; 33] = [
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931,
    46.0328, 45.614, 46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137,
    46.4515, 45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
];
const RSI: [f64; 19] = [
    70.53278948,
    66.31856181,
    66.54982994,
    69.40630534,
    66.35516906,
    57.97485571,
    62.92960675,
    63.25714756,
    56.05929872,
    62.37707144,
    54.70757308,
    50.42277441,
    39.98982315,
    41.46048198,
    41.86891609,
    45.46321245,
    37.30404209,
    33.07952299,
    37.77295211,
];
/// (high, low, close); from the fourteenth on ATR(14). PyAlgoTrade has these bars to three decimals.
const ATR_BARS: [(f64, f64, f64); 30] = [
    (48.7, 47.79, 48.16),
    (48.72, 48.14, 48.61),
    (48.9, 48.39, 48.75),
    (48.87, 48.37, 48.63),
    (48.82, 48.24, 48.74),
    (49.05, 48.635, 49.03),
    (49.2, 48.94, 49.07),
    (49.35, 48.86, 49.32),
    (49.92, 49.5, 49.91),
    (50.19, 49.87, 50.13),
    (50.12, 49.2, 49.53),
    (49.66, 48.9, 49.5),
    (49.88, 49.43, 49.75),
    (50.19, 49.725, 50.03),
    (50.36, 49.26, 50.31),
    (50.57, 50.09, 50.52),
    (50.65, 50.3, 50.41),
    (50.43, 49.21, 49.34),
    (49.63, 48.98, 49.37),
    (50.33, 49.61, 50.23),
    (50.29, 49.2, 49.2375),
    (50.17, 49.43, 49.93),
    (49.32, 48.08, 48.43),
    (48.5, 47.64, 48.18),
    (48.3201, 41.55, 46.57),
    (46.8, 44.2833, 45.41),
    (47.8, 47.31, 47.77),
    (48.39, 47.2, 47.72),
    (48.66, 47.9, 48.62),
    (48.79, 47.7301, 47.85),
];
const ATR: [f64; 17] = [
    0.555, 0.593929, 0.585791, 0.568949, 0.615452, 0.61792, 0.642354, 0.674329, 0.69277, 0.775429, 0.78147,
    1.209229, 1.30262, 1.38029, 1.366698, 1.336219, 1.316482,
];
/// From the twentieth on the bands, (upper, middle, lower), to the cent.
const BAND_CLOSES: [f64; 26] = [
    86.1557, 89.0867, 88.7829, 90.3228, 89.0671, 91.1453, 89.4397, 89.175, 86.9302, 87.6752, 86.9596,
    89.4299, 89.3221, 88.7241, 87.4497, 87.2634, 89.4985, 87.9006, 89.126, 90.7043, 92.9001, 92.9784,
    91.8021, 92.6647, 92.6843, 92.3021,
];
const BANDS: [(f64, f64, f64); 7] = [
    (91.29, 88.71, 86.12),
    (91.95, 89.05, 86.14),
    (92.61, 89.24, 85.87),
    (92.93, 89.39, 85.85),
    (93.31, 89.51, 85.70),
    (93.73, 89.69, 85.65),
    (93.90, 89.75, 85.59),
];
/// From the 26th on the line, from the 34th on its signal and the histogram.
const MACD_CLOSES: [f64; 37] = [
    459.99, 448.85, 446.06, 450.81, 442.80, 448.97, 444.57, 441.40, 430.47, 420.05, 431.14, 425.66, 430.58,
    431.72, 437.87, 428.43, 428.35, 432.50, 443.66, 455.72, 454.49, 452.08, 452.73, 461.91, 463.58, 461.14,
    452.08, 442.66, 428.91, 429.79, 431.99, 427.72, 423.20, 426.21, 426.98, 435.69, 434.338,
];
const MACD_LINE: [f64; 12] = [
    8.2752695, 7.7033784, 6.4160748, 4.2375198, 2.5525833, 1.3788857, 0.1029815, -1.2584020, -2.0705582,
    -2.6218423, -2.3290667, -2.1809939,
];
const MACD_SIGNAL: [f64; 4] = [3.0375259, 1.9056522, 1.0587084, 0.4107680];
const MACD_HISTOGRAM: [f64; 4] = [-5.1080841, -4.5274946, -3.3877752, -2.5917619];

fn flat(close: f64) -> Bar {
    Bar {
        high: close,
        low: close,
        close,
    }
}

/// What `of` says after each bar.
fn told<T>(bars: impl IntoIterator<Item = Bar>, of: impl Fn(&Indicators) -> Option<T>) -> Vec<Option<T>> {
    let mut indicators = Indicators::default();
    let step = |bar: Bar| {
        indicators.next(&bar);
        of(&indicators)
    };
    bars.into_iter().map(step).collect()
}

/// The published values follow `warm_up` bars of which nothing is said, and are met to within `by`.
fn check(told: &[Option<f64>], warm_up: usize, published: &[f64], by: f64) {
    assert!(told[..warm_up].iter().all(Option::is_none));
    for (told, published) in told[warm_up..].iter().zip(published) {
        assert!(
            (told.unwrap() - published).abs() < by,
            "{told:?} is not {published}"
        );
    }
    assert!(told.len() >= warm_up + published.len());
}

#[test]
fn ema_is_the_published_one() {
    let mut ema = ema::Ema::<10>::default();
    let step = |close| {
        ema.next(close);
        ema.value()
    };
    let told: Vec<_> = EMA_CLOSES.into_iter().map(step).collect();
    check(&told, 9, &EMA, 1e-5);
}

#[test]
fn rsi_is_the_published_one() {
    let told = told(RSI_CLOSES.map(flat), Indicators::rsi);
    check(&told, 14, &RSI, 1e-7);
}

#[test]
fn atr_is_the_published_one() {
    let told = told(
        ATR_BARS.map(|(high, low, close)| Bar { high, low, close }),
        Indicators::atr,
    );
    check(&told, 13, &ATR, 1e-5);
}

#[test]
fn bollinger_bands_are_the_published_ones() {
    let of = |part: fn(Bands) -> f64| told(BAND_CLOSES.map(flat), |it| it.bands().map(part));
    check(&of(|bands| bands.upper), 19, &BANDS.map(|it| it.0), 0.0051);
    check(&of(|bands| bands.middle), 19, &BANDS.map(|it| it.1), 0.0051);
    check(&of(|bands| bands.lower), 19, &BANDS.map(|it| it.2), 0.0051);
}

#[test]
fn macd_is_the_published_one() {
    let bars = || MACD_CLOSES.map(flat);
    check(&told(bars(), Indicators::macd), 25, &MACD_LINE, 1e-6);
    let signal = |it: &Indicators| Some(it.macd()? - it.histogram()?);
    check(&told(bars(), signal), 33, &MACD_SIGNAL, 1e-6);
    check(&told(bars(), Indicators::histogram), 33, &MACD_HISTOGRAM, 1e-6);
}

#[test]
fn a_flat_series_has_no_width_and_no_strength() {
    let mut indicators = Indicators::default();
    for _ in 0..100 {
        indicators.next(&flat(77_671.23));
    }
    let bands = indicators.bands().unwrap();
    assert_eq!((bands.upper, bands.lower), (bands.middle, bands.middle));
    assert_eq!((indicators.atr(), indicators.rsi()), (Some(0.0), None));
    assert!(indicators.histogram().unwrap().abs() < 1e-9);
}

#[test]
fn a_narrow_band_of_a_high_price_is_not_lost_to_rounding() {
    let close = |n: u32| 1e9 + f64::from(n % 2) * 6_400.0;
    let bands = told((0..1_000).map(|n| flat(close(n))), Indicators::bands);
    let width = bands.last().unwrap().map(|it| it.upper - it.lower).unwrap();
    assert!((width - 12_800.0).abs() < 1e-3, "{width}");
}

fn bar() -> impl Strategy<Value = Bar> {
    let price = prop_oneof![8 => 99.0..101.0_f64, 1 => 1e-28..1e28_f64];
    [price.clone(), price.clone(), price].prop_map(|[a, b, close]| Bar {
        high: a.max(b).max(close),
        low: a.min(b).min(close),
        close,
    })
}

proptest! {
    #[test]
    fn whatever_the_bars_figures_are_finite_and_a_snapshot_changes_nothing(
        bars in proptest::collection::vec(bar(), 0..120), factor in 0.5..2.0_f64,
    ) {
        let mut indicators = Indicators::default();
        for (n, bar) in bars.iter().enumerate() {
            let bytes = postcard::to_allocvec(&indicators).unwrap();
            let mut restored: Indicators = postcard::from_bytes(&bytes).unwrap();
            indicators.next(bar);
            restored.next(bar);
            prop_assert_eq!(&restored, &indicators);
            if n % 50 == 49 {
                indicators.scale(factor);
            }
            prop_assert!(indicators.is_sane());
            let bands = indicators.bands().map(|it| [it.lower, it.middle, it.upper]);
            prop_assert!(bands.iter().flatten().all(|figure| figure.is_finite()));
            if let Some(rsi) = indicators.rsi() {
                prop_assert!((0.0..=100.0).contains(&rsi));
            }
            let others = [indicators.macd(), indicators.histogram(), indicators.atr()];
            prop_assert!(others.iter().flatten().all(|figure| figure.is_finite()));
        }
    }

    #[test]
    fn scaled_prices_give_scaled_figures(
        closes in proptest::collection::vec(99.0..101.0_f64, 60), cut in 0_usize..60, factor in 0.5..2.0_f64,
    ) {
        let (mut scaled, mut ever) = (Indicators::default(), Indicators::default());
        for (n, close) in closes.iter().enumerate() {
            if n == cut {
                scaled.scale(factor);
            }
            scaled.next(&flat(close * if n < cut { 1.0 } else { factor }));
            ever.next(&flat(close * factor));
        }
        let figures = |it: &Indicators| [it.macd(), it.histogram(), it.rsi(), it.atr(), it.bands().map(|b| b.upper)];
        for (one, other) in figures(&scaled).into_iter().zip(figures(&ever)) {
            prop_assert!((one.unwrap() - other.unwrap()).abs() < 1e-4);
        }
    }
}
