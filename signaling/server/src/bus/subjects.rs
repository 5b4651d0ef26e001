//! Where a message may go. A subject says whose it is before it says what it is about, so that a server can let each
//! node only at its own:
//!
//! | Subject | Who sends | Who receives |
//! |---|---|---|
//! | `gb.node.<child>.up.…` | the child | its parent, or the cluster that is its parent |
//! | `gb.node.<child>.down.…` | its parent | the child |
//! | `gb.cluster.<cluster>.all.…` | a node of the cluster | all nodes of the cluster |
//! | `gb.cluster.<cluster>.to.<node>.…` | a node of the cluster | one node of it |
//! | `gb.inbox.<node>.…` | whoever was asked | the node that asked |
//!
//! Every name is a [`Token`]: what comes from a file or from another node can hold neither a dot nor a wildcard, so no
//! name can become a second level or a pattern.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest name, bytes; ids are as long at most.
const TOKEN_MAX_BYTES: usize = 64;

/// Most names behind a topic.
const DETAIL_MAX: usize = 4;

/// Why a text is no name on the bus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name on the bus has 1 to {TOKEN_MAX_BYTES} letters, digits, '-', '_' or '=', not \"{0}\"")]
pub struct NameError(String);

/// One level of a subject or key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token(String);

impl Token {
    /// Checks and wraps a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if is_token(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError(text.chars().take(80).collect()))
        }
    }

    /// A name for an id, which may hold dots; [`Token::to_id`] gives the id back.
    pub fn from_id(id: &str) -> Result<Self, NameError> {
        if id.contains('=') {
            return Err(NameError(id.chars().take(80).collect()));
        }
        Self::parse(&id.replace('.', "="))
    }

    /// The id that [`Token::from_id`] was given.
    pub fn to_id(&self) -> String {
        self.0.replace('=', ".")
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Token {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.0
    }
}

const fn is_token(text: &str) -> bool {
    let mut rest = text.as_bytes();
    if rest.is_empty() || rest.len() > TOKEN_MAX_BYTES {
        return false;
    }
    while let [first, others @ ..] = rest {
        if !(first.is_ascii_alphanumeric() || matches!(*first, b'-' | b'_' | b'=')) {
            return false;
        }
        rest = others;
    }
    true
}

/// Makes the name of a kind of thing.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Token);

        impl $name {
            /// Checks and wraps a name.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                Token::parse(text).map(Self)
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The name as a level of a subject or key.
            pub const fn token(&self) -> &Token {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }
    };
}

name! {
    /// A node, unique in the whole tree.
    NodeName
}
impl From<&signaling_core::NodeName> for NodeName {
    /// The name of a node is a level of a subject as it is: it has small letters, digits and '-' only.
    fn from(name: &signaling_core::NodeName) -> Self {
        debug_assert!(is_token(name.as_str()), "a node's name is a token");
        Self(Token(name.as_str().to_owned()))
    }
}

name! {
    /// Several nodes at one place that share keys and logs.
    ClusterName
}

impl ClusterName {
    /// The cluster of a node that shares keys and logs with no other.
    pub fn alone(node: &NodeName) -> Self {
        Self(node.token().clone())
    }
}

/// What a message is about: a word of the program, checked when it is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic(&'static str);

impl Topic {
    /// A topic; `const` ones with a wrong character do not compile.
    #[expect(clippy::panic, reason = "in a const it is a compile error; a topic is never data")]
    pub const fn new(word: &'static str) -> Self {
        if !is_token(word) {
            panic!("a topic has letters, digits, '-' and '_'");
        }
        Self(word)
    }

    /// The word.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// Whose a subject is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// From this child to its parent.
    Up(NodeName),
    /// From its parent to this child.
    Down(NodeName),
    /// Among all nodes of a cluster.
    Cluster(ClusterName),
    /// To one node of a cluster.
    Member(ClusterName, NodeName),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up(child) => write!(f, "gb.node.{child}.up"),
            Self::Down(child) => write!(f, "gb.node.{child}.down"),
            Self::Cluster(cluster) => write!(f, "gb.cluster.{cluster}.all"),
            Self::Member(cluster, node) => write!(f, "gb.cluster.{cluster}.to.{node}"),
        }
    }
}

/// Where one message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// Whose it is.
    pub scope: Scope,
    /// What it is about.
    pub topic: Token,
    detail: Vec<Token>,
}

impl Subject {
    /// A subject.
    pub fn new(scope: Scope, topic: Topic) -> Self {
        Self { scope, topic: Token(topic.0.to_owned()), detail: Vec::new() }
    }

    /// The same with one more name behind it: a meeting, a page. More than four are cut off.
    #[must_use]
    pub fn with(mut self, detail: Token) -> Self {
        debug_assert!(self.detail.len() < DETAIL_MAX, "a subject has up to {DETAIL_MAX} details");
        if self.detail.len() < DETAIL_MAX {
            self.detail.push(detail);
        }
        self
    }

    /// The names behind the topic.
    pub fn detail(&self) -> &[Token] {
        &self.detail
    }

    /// Reads a subject that came in a message.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let whole = || NameError(text.chars().take(80).collect());
        let mut levels = text.split('.');
        let mut next = || levels.next().ok_or_else(whole);
        if next()? != "gb" {
            return Err(whole());
        }
        let scope = match (next()?, next()?, next()?) {
            ("node", child, "up") => Scope::Up(NodeName::parse(child)?),
            ("node", child, "down") => Scope::Down(NodeName::parse(child)?),
            ("cluster", cluster, "all") => Scope::Cluster(ClusterName::parse(cluster)?),
            ("cluster", cluster, "to") => {
                Scope::Member(ClusterName::parse(cluster)?, NodeName::parse(next()?)?)
            }
            _other => return Err(whole()),
        };
        let topic = Token::parse(next()?)?;
        let detail = levels.map(Token::parse).collect::<Result<Vec<_>, _>>()?;
        if detail.len() > DETAIL_MAX { Err(whole()) } else { Ok(Self { scope, topic, detail }) }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.scope, self.topic)?;
        self.detail.iter().try_for_each(|detail| write!(f, ".{detail}"))
    }
}

/// What a subscription receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Everything of a scope.
    Everything(Scope),
    /// One subject.
    Exactly(Subject),
    /// What has further names behind this subject.
    Below(Subject),
}

impl Pattern {
    /// Whether a message to `subject` is received.
    pub fn matches(&self, subject: &Subject) -> bool {
        match self {
            Self::Everything(scope) => subject.scope == *scope,
            Self::Exactly(only) => subject == only,
            Self::Below(above) => {
                subject.scope == above.scope
                    && subject.topic == above.topic
                    && subject.detail.len() > above.detail.len()
                    && subject.detail.starts_with(&above.detail)
            }
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything(scope) => write!(f, "{scope}.>"),
            Self::Exactly(subject) => subject.fmt(f),
            Self::Below(subject) => write!(f, "{subject}.>"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEWS: Topic = Topic::new("news");

    fn node(name: &str) -> NodeName {
        NodeName::parse(name).unwrap()
    }

    fn token(name: &str) -> Token {
        Token::parse(name).unwrap()
    }

    #[test]
    fn a_name_can_be_neither_a_pattern_nor_a_second_level() {
        for bad in ["", "*", ">", "a.b", "a b", "a>", "a\n", "ă", "$JS", "a/b", &"x".repeat(65)] {
            assert!(NodeName::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "xa-01_b", &"x".repeat(64)] {
            assert_eq!(node(good).as_str(), good);
        }
    }

    #[test]
    fn an_id_with_dots_is_one_level_and_comes_back() {
        let name = Token::from_id("2026.11.giao-ban").unwrap();
        assert!(!name.as_str().contains('.'));
        assert_eq!(name.to_id(), "2026.11.giao-ban");
        assert!(Token::from_id("a=b").is_err(), "it would come back as another id");
    }

    #[test]
    fn a_subject_is_read_as_it_is_written() {
        let cluster = ClusterName::parse("c1").unwrap();
        for scope in [
            Scope::Up(node("a")),
            Scope::Down(node("a")),
            Scope::Cluster(cluster.clone()),
            Scope::Member(cluster, node("a")),
        ] {
            for subject in
                [Subject::new(scope.clone(), NEWS), Subject::new(scope.clone(), NEWS).with(token("m1"))]
            {
                assert_eq!(Subject::parse(&subject.to_string()).unwrap(), subject);
            }
        }
        let own = "gb.node.a.up.news.1.2.3.4";
        assert_eq!(Subject::parse(own).unwrap().to_string(), own);
        for bad in [
            "",
            "gb",
            "gb.node.a.up",
            "gb.node.a.side.news",
            "x.node.a.up.news",
            "gb.node.*.up.news",
            "gb.node.a.up.>",
            "gb.node.a.up.news.",
            "gb.node.a.up.news.1.2.3.4.5",
            "gb.cluster.c.to.n",
            "$JS.API.INFO",
        ] {
            assert!(Subject::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_matches_its_own_and_nothing_else() {
        let up = |name| Subject::new(Scope::Up(node(name)), NEWS);
        let all = Pattern::Everything(Scope::Up(node("a")));
        let exactly = Pattern::Exactly(up("a"));
        let below = Pattern::Below(up("a"));
        let deeper = up("a").with(token("m"));
        for (pattern, text, matching, other) in [
            (all, "gb.node.a.up.>", deeper.clone(), up("b")),
            (exactly, "gb.node.a.up.news", up("a"), deeper.clone()),
            (below, "gb.node.a.up.news.>", deeper, up("a")),
        ] {
            assert_eq!(pattern.to_string(), text);
            assert!(pattern.matches(&matching), "{pattern} {matching}");
            assert!(!pattern.matches(&other), "{pattern} {other}");
        }
    }
}
