use super::{Catalog, Channel, ChannelError, Filter};

/// What a client means by a name: a channel, and which of its messages.
///
/// `whale?tokens=BTC&minAmount=1000000`; `tasks` is `tasks:{user}` of the client's own user, as are `pipelines` and `budget`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The channel.
    pub channel: Channel,
    /// Which of its messages.
    pub filter: Filter,
}

impl Selection {
    /// What a client of that user (nobody's: of the one who has no name, whose channels nobody may read) means by `name`.
    pub fn parse(name: &str, user: Option<&str>, catalog: &Catalog) -> Result<Self, ChannelError> {
        let (plain, filter) = split(name);
        let channel = match own(plain, user.unwrap_or_default()) {
            Some(channel) => channel,
            None => Channel::parse(plain, catalog)?,
        };
        let filter = filter.map_or(Some(Filter::default()), |text| {
            Filter::parse(text, channel.family())
        });
        match filter {
            Some(filter) => Ok(Self { channel, filter }),
            None => Err(ChannelError::of(name)),
        }
    }

    /// Which messages of a channel of that family a name means that was parsed before.
    pub fn filter_of(name: &str, family: &str) -> Filter {
        let (_, filter) = split(name);
        let filter = filter.and_then(|text| Filter::parse(text, family));
        filter.unwrap_or_default()
    }

    /// The channel's part of a name.
    pub fn plain(name: &str) -> &str {
        split(name).0
    }

    /// The name that means the same channel as `name` and these of its messages.
    pub fn name(name: &str, channel: &Channel, filter: &Filter) -> String {
        let plain = Self::plain(name);
        if filter.is_all() {
            plain.to_owned()
        } else {
            format!("{plain}?{}", filter.written(channel.family()))
        }
    }
}

/// The channel and the filter of a name. Only these families have filters: in other names `?` is a letter like any other.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('?') {
        Some((plain, filter)) if Filter::is_for(plain) => (plain, Some(filter)),
        _ => (name, None),
    }
}

fn own(name: &str, user: &str) -> Option<Channel> {
    match name {
        "tasks" => Some(Channel::Tasks(user.into())),
        "pipelines" => Some(Channel::Pipelines(user.into())),
        "budget" => Some(Channel::Budget(user.into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Result<Selection, ChannelError> {
        Selection::parse(name, Some("alice"), &Catalog::embedded())
    }

    #[test]
    fn a_name_without_a_filter_means_every_message_of_its_channel() {
        for name in [
            "price:BTC",
            "whale",
            "mentions:why?",
            "tasks:alice?taskId=1",
            "user:a?b",
        ] {
            let selection = parse(name).unwrap();
            assert_eq!(
                selection.channel,
                Channel::parse(name, &Catalog::embedded()).unwrap()
            );
            assert!(selection.filter.is_all(), "{name}");
            assert_eq!(Selection::plain(name), name);
        }
    }

    #[test]
    fn a_family_of_users_means_one_s_own_channel() {
        for (name, channel) in [
            ("tasks", "tasks:alice"),
            ("pipelines?pipelineId=p", "pipelines:alice"),
            ("budget", "budget:alice"),
        ] {
            assert_eq!(parse(name).unwrap().channel.to_string(), channel);
        }
        let nobody = Selection::parse("tasks", None, &Catalog::embedded()).unwrap();
        assert_eq!(nobody.channel.user(), Some(""));
        assert!(parse("user").is_err());
    }

    #[test]
    fn a_filter_is_read_and_written() {
        let name = "whale?tokens=BTC%2CETH&minAmount=1000000";
        let Selection { channel, filter } = parse(name).unwrap();
        assert_eq!(channel, Channel::Whale);
        assert_eq!(Selection::name("whale", &channel, &filter), name);
        assert_eq!(Selection::filter_of(name, channel.family()), filter);
        assert_eq!(Selection::name(name, &channel, &Filter::default()), "whale");
    }

    #[test]
    fn a_filter_that_is_none_makes_a_name_unknown() {
        for name in [
            "whale?",
            "whale?minAmount=much",
            "whale?minAmount=-1",
            "whale?tokens=",
            "whale?taskId=1",
            "moderation?severity=awful",
            "tasks?taskId=",
            "price:BTC?tokens=BTC",
        ] {
            assert_eq!(parse(name).unwrap_err().name, name);
        }
    }
}
