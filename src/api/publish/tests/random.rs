//! Any number, any body.

use proptest::prelude::*;

use super::*;
use crate::model::{MarketEvent, Source, UnixMillis};

fn price_of(text: &str) -> Result<String, Problem> {
    let example = examples().remove(0).to_string().replace("43250.75", text);
    let message = read_with("publish feed", &example)?.remove(0);
    match message.event {
        Event::Market(MarketEvent::Price(price)) => {
            assert!(price.sources.contains(Source::Published) && price.sources.contains(Source::CoinGecko));
            Ok(price.price.to_string())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_price_is_never_rounded() {
    assert_eq!(price_of("7.8e-11").as_deref(), Ok("0.000000000078"));
    assert_eq!(price_of("\"43250.750\"").as_deref(), Ok("43250.750"));
    for rounded in [
        "0.00000000000000000000000000001",
        "1.00000000000000000000000000001",
        "7.821066970851871e-20",
        "1e29",
        "1e-99999999999999999999",
    ] {
        assert!(price_of(rounded).is_err(), "{rounded}");
    }
}

proptest! {
    #[test]
    fn a_price_keeps_its_digits(text in "[1-9][0-9]{0,11}(\\.[0-9]{1,14})?", quoted in any::<bool>()) {
        let written = if quoted { format!("\"{text}\"") } else { text.clone() };
        prop_assert_eq!(price_of(&written), Ok(text));
    }

    /// One byte of a good request becomes another: it is read or refused, and what is read is still whole.
    #[test]
    fn no_body_is_a_trap(which in 0..17usize, at in any::<prop::sample::Index>(), byte in 0x20..0x7fu8) {
        let mut body = examples().remove(which).to_string().into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        let Ok(body) = String::from_utf8(body) else { return Ok(()) };
        if let Ok(messages) = read_with("publish feed", &body) {
            for message in messages {
                let frame = Dialect::CryptoIntel.event(&message.event, UnixMillis::default()).unwrap().frame(&message.name, Position::default());
                let frame: Value = serde_json::from_str(&frame).unwrap();
                prop_assert!(!frame["data"].is_null());
                prop_assert!(message.event.channels().contains(&message.channel));
            }
        }
    }

    #[test]
    fn nonsense_is_refused(body in ".{0,200}") {
        prop_assert!(read_with("publish feed", &body).is_err());
    }
}
