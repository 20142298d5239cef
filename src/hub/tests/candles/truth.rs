//! Whatever happens, a chart shows what was.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Trades: the running minute moves, or it ends and the next begins.
    Trade {
        ends: bool,
    },
    Pass(u64),
    /// Somebody looks at the chart.
    Look(u16),
    /// Late data amends the minute before last.
    Amend,
    /// The store answers; what the feed had already and has not published is ahead by so many states.
    Found,
    Evict,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(|ends| Step::Trade { ends }),
        2 => (0_u64..3_000).prop_map(Step::Pass),
        2 => (0_u16..6).prop_map(Step::Look),
        2 => Just(Step::Found),
        1 => Just(Step::Amend),
        1 => Just(Step::Evict),
    ]
}

proptest! {
    /// A chart that applies updates as the document's hook does has every minute once, in order, each closed one in its
    /// final state.
    #[test]
    fn every_chart_is_the_truth(steps in proptest::collection::vec(step(), 1..80)) {
        let mut rig = Rig::new();
        let (mut minute, mut close) = (0, 1);
        let mut truth: Vec<(u64, u64)> = Vec::new();
        let mut charts: BTreeMap<ConnId, Option<Vec<(u64, u64)>>> = BTreeMap::new();
        rig.candle(minute, close, false);
        for step in steps {
            match step {
                Step::Trade { ends } => {
                    close += 1;
                    if ends {
                        rig.pass(at(minute + 1).since(rig.now));
                    }
                    rig.candle(minute, close, ends);
                    if ends {
                        truth.push((minute, close));
                        minute += 1;
                        close += 1;
                        rig.candle(minute, close, false);
                    }
                }
                Step::Pass(millis) => rig.pass(millis),
                Step::Amend => {
                    if let Some((amended, close)) = truth.iter().rev().nth(1).copied() {
                        rig.publish(vec![
                            MarketEvent::Candle(bar(amended, close, true)),
                            MarketEvent::Candle(bar(minute, close + 1, false)),
                        ]);
                    }
                }
                Step::Look(bars) => {
                    let conn = rig.chart();
                    rig.look_at(conn, bars);
                    charts.insert(conn, None);
                }
                Step::Found if rig.reading.is_empty() => {}
                Step::Found => {
                    let past = truth.iter().map(|(minute, close)| bar(*minute, *close, true));
                    let past = past.chain([bar(minute, close, false)]).collect();
                    rig.found(past);
                }
                // What is being read when the object dies is read for nobody: its sockets die with it.
                Step::Evict if !rig.reading.is_empty() => {}
                Step::Evict => {
                    let renamed = rig.evict();
                    charts = charts.into_iter().filter_map(|(old, chart)| Some((*renamed.get(&old)?, chart))).collect();
                }
            }
            for (conn, chart) in &mut charts {
                for message in rig.read(*conn) {
                    if message["type"] == "initial" {
                        *chart = Some(initial(&message));
                        continue;
                    }
                    let bars = chart.as_mut().expect("nothing comes before the beginning");
                    let update = told(&message["bar"]);
                    match bars.last_mut() {
                        Some(last) if last.0 == update.0 => *last = update,
                        _ => bars.push(update),
                    }
                }
            }
        }
        for bars in charts.values().flatten() {
            prop_assert!(bars.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "{:?}", bars);
            for (minute, close) in bars.iter().filter(|(it, _)| *it < minute) {
                prop_assert_eq!(truth[*minute as usize].1, *close);
            }
        }
    }
}
