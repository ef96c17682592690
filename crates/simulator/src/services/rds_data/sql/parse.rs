//! From the text of a call to one statement, refused as PostgreSQL would refuse it. Imports `sqlparser`.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::error::SqlError;

/// Why a text is not one statement.
#[derive(Debug, PartialEq)]
pub(crate) enum ParseError {
    /// The Data API itself refuses several statements in a call (Aurora User Guide, "Comparing Data API behaviors").
    Several,
    /// PostgreSQL refuses it.
    Refused(SqlError),
}

/// Parses the one statement of a call.
pub(crate) fn parse(sql: &str) -> Result<Statement, ParseError> {
    let dialect = PostgreSqlDialect {};
    let refused = |error: ParserError| ParseError::Refused(refusal(sql, &error));
    let mut parser = Parser::new(&dialect).try_with_sql(sql).map_err(refused)?;
    while parser.consume_token(&Token::SemiColon) {}
    if parser.peek_token().token == Token::EOF {
        return Err(ParseError::Refused(SqlError::syntax("")));
    }
    let statement = parser.parse_statement().map_err(refused)?;
    let mut ended = false;
    while parser.consume_token(&Token::SemiColon) {
        ended = true;
    }
    let next = parser.peek_token();
    if next.token == Token::EOF {
        return Ok(statement);
    }
    if ended {
        return Err(ParseError::Several);
    }
    let position = position_of(sql, next.span.start.line, next.span.start.column);
    Err(ParseError::Refused(SqlError::syntax(&word_at(sql, position)).at(position)))
}

fn refusal(sql: &str, error: &ParserError) -> SqlError {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
        ParserError::RecursionLimitExceeded => return SqlError::new("54001", "stack depth limit exceeded"),
    };
    let position = place_in(text).and_then(|(line, column)| position_of(sql, line, column));
    if text.contains("found: EOF") {
        return SqlError::syntax("").at(Some(sql.chars().count() + 1));
    }
    if text.starts_with("Unterminated string literal") {
        return SqlError::new("42601", format!("unterminated quoted string at or near \"{}\"", rest_at(sql, position)))
            .at(position);
    }
    SqlError::syntax(&word_at(sql, position)).at(position)
}

/// The parser ends its sentences with `at Line: 1, Column: 15`.
fn place_in(text: &str) -> Option<(u64, u64)> {
    let (_, place) = text.rsplit_once("Line: ")?;
    let (line, column) = place.split_once(", Column: ")?;
    let digits: String = column.chars().take_while(char::is_ascii_digit).collect();
    Some((line.parse().ok()?, digits.parse().ok()?))
}

fn position_of(sql: &str, line: u64, column: u64) -> Option<usize> {
    let before: usize =
        sql.split('\n').take(usize::try_from(line.checked_sub(1)?).ok()?).map(|text| text.chars().count() + 1).sum();
    usize::try_from(column).ok().map(|column| before + column)
}

fn rest_at(sql: &str, position: Option<usize>) -> String {
    position.map(|position| sql.chars().skip(position.saturating_sub(1)).collect()).unwrap_or_default()
}

fn word_at(sql: &str, position: Option<usize>) -> String {
    let rest = rest_at(sql, position);
    let mut characters = rest.chars();
    match characters.next() {
        None => String::new(),
        Some(quote @ ('\'' | '"')) => {
            let inside: String = characters.take_while(|character| *character != quote).collect();
            format!("{quote}{inside}{quote}")
        }
        Some(first) if first.is_alphanumeric() || first == '_' => {
            rest.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
        }
        Some(first) => first.to_string(),
    }
}

/// The name that an identifier stands for: folded to lower case unless it is in double quotes. The parser takes a name in
/// single quotes; PostgreSQL does not.
pub(crate) fn identifier(ident: &Ident) -> Result<String, SqlError> {
    match ident.quote_style {
        None => Ok(ident.value.to_lowercase()),
        Some('"') => Ok(ident.value.clone()),
        Some(quote) => Err(SqlError::syntax(&format!("{quote}{}{quote}", ident.value))),
    }
}

/// A name of one or more parts.
pub(crate) fn parts(name: &ObjectName) -> Result<Vec<String>, SqlError> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => identifier(ident),
            ObjectNamePart::Function(_) => Err(SqlError::syntax("(")),
        })
        .collect()
}

/// A name of one part.
pub(crate) fn single(name: &ObjectName) -> Result<String, SqlError> {
    let mut parts = parts(name)?;
    match (parts.pop(), parts.pop()) {
        (Some(name), None) => Ok(name),
        _ => Err(SqlError::syntax(".")),
    }
}
