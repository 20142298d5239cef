use proptest::prelude::*;

use super::*;
use crate::model::samples::{task, whale};

fn filter(text: &str) -> Filter {
    Filter::parse(text, "whale").unwrap()
}

#[test]
fn a_message_is_wanted_that_fits_all_of_any_clause() {
    let both = filter("tokens=btc,ETH&minAmount=1000;tokens=SOL");
    for (event, wanted) in [
        (whale("BTC", 1_000), true),
        (whale("Btc", 5_000), true),
        (whale("ETH", 999), false),
        (whale("SOL", 1), true),
        (whale("ADA", 9_999), false),
    ] {
        assert_eq!(both.passes(&event), wanted, "{event:?}");
    }
    assert!(Filter::default().passes(&whale("ADA", 0)));
}

#[test]
fn a_task_is_chosen_by_its_name() {
    let one = Filter::parse("taskId=t%261", "tasks").unwrap();
    assert!(one.passes(&task("alice", "t&1")) && !one.passes(&task("alice", "t")));
    assert_eq!(one.written("tasks"), "taskId=t%261");
}

#[test]
fn what_is_added_is_wanted_besides_and_everything_swallows_all() {
    let sum = filter("tokens=BTC").or(filter("minAmount=5"));
    assert_eq!(sum.written("whale"), "minAmount=5;tokens=BTC");
    assert!(sum.clone().or(Filter::default()).is_all());
    assert_eq!(sum.clone().or(sum.clone()), sum);
}

#[test]
fn what_is_taken_away_is_not_wanted_any_more() {
    let without = |held: &str, gone: &str| {
        let left = filter(held).without(&filter(gone));
        left.map(|left| left.written("whale"))
    };
    for (held, gone, left) in [
        ("tokens=BTC,ETH", "tokens=BTC", Some("tokens=ETH")),
        ("tokens=BTC", "tokens=BTC,ETH", None),
        ("tokens=BTC&minAmount=5", "tokens=BTC", None),
        (
            "tokens=BTC&minAmount=5",
            "tokens=BTC&minAmount=7",
            Some("tokens=BTC&minAmount=5"),
        ),
        ("tokens=BTC;minAmount=5", "minAmount=5", Some("tokens=BTC")),
        ("minAmount=5", "tokens=BTC", Some("minAmount=5")),
    ] {
        assert_eq!(without(held, gone).as_deref(), left, "{held} without {gone}");
    }
    assert_eq!(filter("tokens=BTC").without(&Filter::default()), None);
    let all = Filter::default();
    assert_eq!(all.clone().without(&filter("tokens=BTC")), Some(all));
}

#[test]
fn one_of_too_many_parts_is_none() {
    let tokens: Vec<String> = (0..=MAX_FILTER_PARTS).map(|n| format!("T{n}")).collect();
    assert_eq!(
        Filter::parse(&format!("tokens={}", tokens.join(",")), "whale"),
        None
    );
    let clauses: Vec<String> = tokens.iter().map(|token| format!("tokens={token}")).collect();
    assert_eq!(Filter::parse(&clauses.join(";"), "whale"), None);
    assert!(Filter::parse(&clauses[1..].join(";"), "whale").is_some());
}

prop_compose! {
    fn some_filter()(parts in prop::collection::vec((prop::collection::btree_set("[A-D]", 0..3), prop::option::of(0_u64..3)), 0..4)) -> Filter {
        let clauses = parts.into_iter().map(|(tokens, least)| Clause {
            tokens: tokens.into_iter().map(String::into).collect(),
            min_amount: least.map(Decimal::from),
            ..Clause::default()
        });
        clauses.map(Filter::from).reduce(Filter::or).unwrap_or_default()
    }
}

proptest! {
    #[test]
    fn text_is_what_was_written(filter in some_filter()) {
        if !filter.is_all() {
            prop_assert_eq!(Filter::parse(&filter.written("whale"), "whale"), Some(filter));
        }
    }

    #[test]
    fn a_sum_wants_what_either_wants(a in some_filter(), b in some_filter(), token in "[A-E]", dollars in 0_u64..4) {
        let event = whale(&token, dollars);
        let either = a.passes(&event) || b.passes(&event);
        prop_assert_eq!(a.or(b).passes(&event), either);
    }

    #[test]
    fn a_difference_wants_nothing_new(a in some_filter(), b in some_filter(), token in "[A-E]", dollars in 0_u64..4) {
        let event = whale(&token, dollars);
        let before = a.passes(&event);
        prop_assert!(before || a.without(&b).is_none_or(|left| !left.passes(&event)));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", family in "(whale|tasks|moderation|price)") {
        let _ = Filter::parse(&text, &family);
    }
}
