//! Tokens to a tree.
//!
//! The depth of the tree is the number of functions and indexers that are open at once, and it is
//! bounded, so recursion over it is too. Chains of accesses such as `a.b.c` do not count as depth;
//! they are kept as a list for that reason.

use crate::error::{Lookalike, ParseError, ParseErrorKind};
use crate::function::{self, Function};
use crate::lexer::{Lexer, Token, TokenKind};
use crate::name::{Names, Signature};
use crate::value::Value;
use crate::{MAX_DEPTH, MAX_LENGTH};
use std::iter::Peekable;
use std::ops::Range;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Literal(Value),
    /// A named value, spelled as it was declared.
    Named(String),
    Call(Call),
    Access {
        base: Box<Node>,
        path: Vec<Step>,
        /// The bytes of the name that the accesses start with.
        span: Range<usize>,
    },
}

impl Node {
    /// The entries of the named value `name` that are asked for by a name written out, and the bytes
    /// of that name.
    pub(crate) fn entries<'n>(&'n self, name: &str, found: &mut Vec<(&'n str, Range<usize>)>) {
        match self {
            Self::Literal(_) | Self::Named(_) => {}
            Self::Call(call) => call.arguments.iter().for_each(|it| it.entries(name, found)),
            Self::Access { base, path, .. } => {
                if let (
                    Self::Named(base),
                    Some(Step::Index(Self::Literal(Value::String(entry)), span)),
                ) = (&**base, path.first())
                    && base == name
                {
                    found.push((entry, span.clone()));
                }
                base.entries(name, found);
                for step in path {
                    if let Step::Index(index, _) = step {
                        index.entries(name, found);
                    }
                }
            }
        }
    }
}

/// A call of a function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) callee: Callee,
    /// The function's name, spelled as it was declared.
    pub(crate) name: String,
    pub(crate) arguments: Vec<Node>,
    /// The bytes of the function's name.
    pub(crate) span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Callee {
    /// A function of the language.
    Function(Function),
    /// A function of the context.
    Extension,
}

/// One access in a chain.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// `.name`, or an index in brackets, and the bytes of it.
    Index(Node, Range<usize>),
    /// `.*` or `[*]`.
    All,
}

/// Reads an expression; `None` if there is nothing but white space.
pub(crate) fn parse(text: &str, names: &Names<'_>) -> Result<Option<Node>, ParseError> {
    if text.chars().nth(MAX_LENGTH).is_some() {
        let all = 0..text.len();
        return Err(ParseError::new(
            ParseErrorKind::ExceededMaxLength,
            text,
            all,
        ));
    }
    let mut parser = Parser {
        text,
        names,
        tokens: Lexer::new(text).peekable(),
        depth: 0,
    };
    let Some(first) = parser.tokens.next() else {
        return Ok(None);
    };
    let node = parser.operand(&first)?;
    match parser.tokens.next() {
        Some(token) => Err(parser.misplaced(&token)),
        None => Ok(Some(node)),
    }
}

/// What a name stands for.
enum Meaning<'n> {
    Function(Callee, Signature<'n>),
    Value(&'n str),
}

struct Parser<'t, 'n> {
    text: &'t str,
    names: &'n Names<'n>,
    tokens: Peekable<Lexer<'t>>,
    /// How many functions and indexers are open.
    depth: usize,
}

impl<'n> Parser<'_, 'n> {
    fn error(&self, kind: ParseErrorKind, token: &Token) -> ParseError {
        ParseError::new(kind, self.text, token.span.clone())
    }

    fn word(&self, token: &Token) -> &str {
        self.text.get(token.span.clone()).unwrap_or_default()
    }

    fn meaning(&self, name: &str) -> Option<Meaning<'n>> {
        let same = |declared: &str| declared.eq_ignore_ascii_case(name);
        if let Some((function, signature)) = function::named(name) {
            return Some(Meaning::Function(Callee::Function(function), signature));
        }
        if let Some(value) = self.names.values.iter().find(|value| same(value)) {
            return Some(Meaning::Value(value));
        }
        let signature = self.names.functions.iter().find(|other| same(other.name))?;
        Some(Meaning::Function(Callee::Extension, *signature))
    }

    /// The error for a token that cannot stand here.
    fn misplaced(&mut self, token: &Token) -> ParseError {
        match token.kind {
            TokenKind::Malformed => self.error(ParseErrorKind::UnrecognizedValue, token),
            TokenKind::Word if self.meaning(self.word(token)).is_none() => self.unknown(token),
            _ => self.error(ParseErrorKind::UnexpectedSymbol, token),
        }
    }

    /// The error for a name that does not exist here.
    fn unknown(&mut self, token: &Token) -> ParseError {
        let called = self
            .tokens
            .peek()
            .is_some_and(|next| next.kind == TokenKind::OpenCall);
        let error = self.error(ParseErrorKind::UnrecognizedValue, token);
        let word = self.word(token);
        if called {
            let others = self.names.functions.iter().map(|signature| signature.name);
            let near = nearest(word, function::names().chain(others));
            error.looks_like(Lookalike::Function, near)
        } else {
            let known = self.names.values.iter().copied();
            error.looks_like(Lookalike::NamedValue, nearest(word, known))
        }
    }

    /// Opens a function or an indexer.
    fn enter(&mut self, token: &Token) -> Result<(), ParseError> {
        self.depth += 1;
        match self.depth {
            depth if depth >= MAX_DEPTH => Err(self.error(ParseErrorKind::ExceededMaxDepth, token)),
            _ => Ok(()),
        }
    }

    /// A literal, a named value or a call, with everything that is accessed in it.
    fn operand(&mut self, token: &Token) -> Result<Node, ParseError> {
        let base = match &token.kind {
            TokenKind::Literal(value) => return Ok(Node::Literal(value.clone())),
            TokenKind::Word => match self.meaning(self.word(token)) {
                Some(Meaning::Value(name)) => Node::Named(name.to_owned()),
                Some(Meaning::Function(callee, signature)) => {
                    Node::Call(self.call(token, callee, signature)?)
                }
                None => return Err(self.unknown(token)),
            },
            _ => return Err(self.misplaced(token)),
        };
        let mut path = Vec::new();
        while let Some(next) = self
            .tokens
            .next_if(|next| matches!(next.kind, TokenKind::Dereference | TokenKind::OpenIndex))
        {
            path.push(match next.kind {
                TokenKind::Dereference => self.property(&next)?,
                _ => self.index(&next)?,
            });
        }
        Ok(match path.is_empty() {
            true => base,
            false => Node::Access {
                base: Box::new(base),
                path,
                span: token.span.clone(),
            },
        })
    }

    fn property(&mut self, point: &Token) -> Result<Step, ParseError> {
        let Some(token) = self.tokens.next() else {
            return Err(self.error(ParseErrorKind::ExpectedPropertyName, point));
        };
        match token.kind {
            TokenKind::Property => {
                let name = Node::Literal(self.word(&token).into());
                Ok(Step::Index(name, token.span))
            }
            TokenKind::Wildcard => Ok(Step::All),
            _ => Err(self.error(ParseErrorKind::UnexpectedSymbol, &token)),
        }
    }

    fn index(&mut self, open: &Token) -> Result<Step, ParseError> {
        self.enter(open)?;
        let step = match self.tokens.next() {
            None => return Err(self.error(ParseErrorKind::UnclosedIndexer, open)),
            Some(token) if token.kind == TokenKind::Wildcard => Step::All,
            Some(token) => {
                let index = self.operand(&token)?;
                Step::Index(index, token.span)
            }
        };
        match self.tokens.next() {
            None => Err(self.error(ParseErrorKind::UnclosedIndexer, open)),
            Some(token) if token.kind == TokenKind::CloseIndex => {
                self.depth -= 1;
                Ok(step)
            }
            Some(token) => Err(self.misplaced(&token)),
        }
    }

    fn call(
        &mut self,
        name: &Token,
        callee: Callee,
        signature: Signature<'_>,
    ) -> Result<Call, ParseError> {
        if self
            .tokens
            .next_if(|next| next.kind == TokenKind::OpenCall)
            .is_none()
        {
            return Err(self.error(ParseErrorKind::ExpectedStartParameter, name));
        }
        self.enter(name)?;
        let mut arguments = Vec::new();
        let mut expects_argument = true;
        loop {
            let Some(token) = self.tokens.next() else {
                return Err(self.error(ParseErrorKind::UnclosedFunction, name));
            };
            let count = arguments.len();
            match token.kind {
                TokenKind::CloseCall
                    if (!expects_argument || count == 0)
                        && (signature.min..=signature.max).contains(&count) =>
                {
                    break;
                }
                TokenKind::Separator if !expects_argument && count < signature.max => {
                    expects_argument = true;
                }
                _ if expects_argument => {
                    arguments.push(self.operand(&token)?);
                    expects_argument = false;
                }
                _ => return Err(self.misplaced(&token)),
            }
        }
        self.depth -= 1;
        Ok(Call {
            callee,
            name: signature.name.to_owned(),
            arguments,
            span: name.span.clone(),
        })
    }
}

/// The candidate that `word` was probably meant to be: the nearest one within a third of its length.
fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<String> {
    let word = word.to_ascii_lowercase();
    candidates
        .filter_map(|candidate| {
            let reach = (candidate.len() / 3).max(1);
            // The difference in length bounds the distance from below and costs next to nothing.
            if word.len().abs_diff(candidate.len()) > reach {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&word, &candidate.to_ascii_lowercase());
            (distance <= reach).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}
