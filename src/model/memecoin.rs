use super::CoinId;

/// Memecoins by CoinGecko's ids, in alphabetical order: coins that stand for a joke, an animal or a face and promise no
/// service. Which ones those are is a matter of opinion; these are the large ones, also beyond the
/// [embedded coins](super::Catalog::embedded).
const MEMECOINS: [&str; 48] = [
    "act-i-the-ai-prophecy",
    "apu-s-club",
    "baby-doge-coin",
    "based-brett",
    "bonk",
    "book-of-meme",
    "brett",
    "cat-in-a-dogs-world",
    "chill-guy",
    "constitutiondao",
    "coq-inu",
    "degen-base",
    "dog-go-to-the-moon-rune",
    "dogecoin",
    "dogelon-mars",
    "dogs-2",
    "dogwifcoin",
    "fartcoin",
    "floki",
    "gigachad-2",
    "goatseus-maximus",
    "harrypotterobamasonic10inu",
    "just-a-chill-guy",
    "kishu-inu",
    "maga",
    "melania-meme",
    "memecoin",
    "memecoin-2",
    "michicoin",
    "mog-coin",
    "moo-deng",
    "myro",
    "neiro-3",
    "official-trump",
    "peanut-the-squirrel",
    "pepe",
    "ponke",
    "popcat",
    "pudgy-penguins",
    "samoyedcoin",
    "shiba-inu",
    "slerf",
    "snek",
    "spx6900",
    "sundog",
    "toshi",
    "turbo",
    "useless-3",
];

/// Whether that coin is a memecoin, as far as the embedded list knows.
pub fn is_memecoin(coin: &CoinId) -> bool {
    MEMECOINS.binary_search(&coin.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Catalog;

    fn id(text: &str) -> CoinId {
        CoinId::new(text).unwrap()
    }

    #[test]
    fn every_line_is_an_id_of_its_own_and_found() {
        assert!(MEMECOINS.is_sorted_by(|a, b| a < b));
        assert!(MEMECOINS.into_iter().all(|coin| is_memecoin(&id(coin))));
    }

    #[test]
    fn coins_that_do_something_are_none() {
        for coin in ["bitcoin", "solana", "pump-fun", "uniswap", "shiba-inu-2", "dog"] {
            assert!(!is_memecoin(&id(coin)), "{coin}");
        }
    }

    #[test]
    fn some_are_among_the_coins_that_are_known_from_the_start() {
        let catalog = Catalog::embedded();
        let known = catalog.coins().filter(|(coin, _)| is_memecoin(coin)).count();
        assert!(known >= 10, "{known}");
    }
}
