/// Ordered maps and sets from what comes in any order; of two with one key the later stays.
///
/// `collect` sorts first, and every type of what is sorted brings a sort of its own into the Wasm, which weighs more than
/// the map. Here each finds its place, as one that is inserted later does.
pub fn ordered<C: Default + Extend<T>, T>(items: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(items);
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_what_collect_would_have_made(items: Vec<(u8, u8)>) {
            let made: BTreeMap<u8, u8> = ordered(items.iter().copied());
            prop_assert_eq!(made, items.into_iter().collect());
        }
    }
}
