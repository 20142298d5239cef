use jwt_compact::alg::Hs256;
use jwt_compact::{Algorithm, AlgorithmSignature};

use super::Verifier;

impl Verifier {
    /// The seal of a name that this deployment gives out: 64 bits that only who has the secret can make. What another `kind` of
    /// thing is called so has another seal.
    pub fn seal(&self, kind: &str, name: &[u8]) -> u64 {
        // The colon keeps it apart from tokens: what is signed of those has none.
        let message = [kind.as_bytes(), b":", name].concat();
        let signature = Hs256.sign(&self.key, &message);
        let bytes = signature.as_bytes();
        bytes
            .iter()
            .take(8)
            .fold(0, |seal, byte| seal << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_depends_on_the_secret_the_kind_and_the_name() {
        let verifier = |secret: &str| Verifier::new(&secret.repeat(32), None, None).unwrap();
        let seal = verifier("a").seal("sid", b"name");
        assert_eq!(verifier("a").seal("sid", b"name"), seal);
        for other in [
            verifier("b").seal("sid", b"name"),
            verifier("a").seal("pid", b"name"),
            verifier("a").seal("sid", b"eman"),
        ] {
            assert_ne!(other, seal);
        }
    }
}
