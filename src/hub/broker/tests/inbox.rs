use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// As the object has it: what is committed together, and what may wait.
const COMMIT: usize = 1 << 20;
const WAITING: usize = 8 << 20;

proptest! {
    #[test]
    fn parts_are_in_order_and_bounded_and_what_is_too_much_is_refused(
        sizes in vec(prop_oneof![0..2_000_usize, 100_000..1_500_000_usize, Just(20 << 20)], 1..40),
        gone in vec(any::<bool>(), 40),
    ) {
        let mut inbox = Inbox::default();
        let mut waiting = Vec::new();
        for (n, size) in sizes.iter().enumerate() {
            let bytes: usize = waiting.iter().map(|n: &usize| sizes[*n]).sum();
            let fits = waiting.is_empty() || bytes + size <= WAITING;
            prop_assert_eq!(inbox.push(Publication::default(), *size, n), fits);
            if fits {
                waiting.push(n);
            }
        }
        inbox.retain(|n| !gone[*n]);
        waiting.retain(|n| !gone[*n]);
        let mut taken = Vec::new();
        while !inbox.is_empty() {
            let (publications, part) = inbox.first_part();
            prop_assert_eq!(publications.len(), part.len());
            let bytes: usize = part.iter().map(|n| sizes[*n]).sum();
            prop_assert!(part.len() == 1 || bytes <= COMMIT && !part.is_empty());
            taken.extend(part);
        }
        prop_assert_eq!(taken, waiting);
        // What was taken waits no more.
        prop_assert!(inbox.push(Publication::default(), 1, 0));
        prop_assert!(inbox.push(Publication::default(), WAITING - 1, 0));
        prop_assert!(!inbox.push(Publication::default(), 1, 0));
    }
}
