//! The types of columns and values: their names, what they take, how the Data API describes them.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlparser::ast::{ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, TimezoneInfo};

use super::error::SqlError;
use super::parse::parts;

/// A type of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    SmallInt,
    Integer,
    BigInt,
    Numeric,
    Real,
    Double,
    Boolean,
    Text,
    Varchar(Option<u64>),
    Char(u64),
    Uuid,
    Json,
    Jsonb,
    Timestamp,
    TimestampWithZone,
    Date,
    Time,
    Bytea,
    Vector(Option<u64>),
    Array(Box<Kind>),
}

/// A column's type, and whether it counts up by itself (`serial`).
pub(crate) fn declared(data_type: &DataType, has_vector: bool) -> Result<(Kind, bool), SqlError> {
    if let DataType::Custom(name, _) = data_type {
        let serial = match parts(name)?.last().map(String::as_str) {
            Some("smallserial" | "serial2") => Some(Kind::SmallInt),
            Some("serial" | "serial4") => Some(Kind::Integer),
            Some("bigserial" | "serial8") => Some(Kind::BigInt),
            _ => None,
        };
        if let Some(kind) = serial {
            return Ok((kind, true));
        }
    }
    Ok((kind_of(data_type, has_vector)?, false))
}

/// The type that a name stands for.
pub(crate) fn kind_of(data_type: &DataType, has_vector: bool) -> Result<Kind, SqlError> {
    let length = |length: &Option<CharacterLength>| match length {
        Some(CharacterLength::IntegerLength { length, .. }) => Some(*length),
        _ => None,
    };
    Ok(match data_type {
        DataType::SmallInt(_) | DataType::Int2(_) => Kind::SmallInt,
        DataType::Int(_) | DataType::Integer(_) | DataType::Int4(_) => Kind::Integer,
        DataType::BigInt(_) | DataType::Int8(_) => Kind::BigInt,
        DataType::Numeric(_) | DataType::Decimal(_) | DataType::Dec(_) => Kind::Numeric,
        DataType::Real | DataType::Float4 => Kind::Real,
        DataType::Float(ExactNumberInfo::Precision(digits)) if *digits <= 24 => Kind::Real,
        DataType::Float(_) | DataType::Float8 | DataType::DoublePrecision => Kind::Double,
        DataType::Bool | DataType::Boolean => Kind::Boolean,
        DataType::Text => Kind::Text,
        DataType::Varchar(size) | DataType::CharacterVarying(size) | DataType::CharVarying(size) => {
            Kind::Varchar(length(size))
        }
        DataType::Char(size) | DataType::Character(size) => Kind::Char(length(size).unwrap_or(1)),
        DataType::Uuid => Kind::Uuid,
        DataType::JSON => Kind::Json,
        DataType::JSONB => Kind::Jsonb,
        DataType::Timestamp(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => Kind::TimestampWithZone,
        DataType::Timestamp(..) => Kind::Timestamp,
        DataType::Date => Kind::Date,
        DataType::Time(..) => Kind::Time,
        DataType::Bytea => Kind::Bytea,
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, _) | ArrayElemTypeDef::AngleBracket(element)) => {
            Kind::Array(Box::new(kind_of(element, has_vector)?))
        }
        DataType::Custom(name, modifiers) => {
            let name = parts(name)?.pop().unwrap_or_default();
            match name.as_str() {
                "vector" if has_vector => Kind::Vector(modifiers.first().and_then(|size| size.parse().ok())),
                "timestamptz" => Kind::TimestampWithZone,
                _ => return Err(SqlError::new("42704", format!("type \"{name}\" does not exist"))),
            }
        }
        other => return Err(SqlError::not_simulated(&format!("the type {other}"))),
    })
}

impl Kind {
    /// The name in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::SmallInt => "smallint".into(),
            Self::Integer => "integer".into(),
            Self::BigInt => "bigint".into(),
            Self::Numeric => "numeric".into(),
            Self::Real => "real".into(),
            Self::Double => "double precision".into(),
            Self::Boolean => "boolean".into(),
            Self::Text => "text".into(),
            Self::Varchar(_) => "character varying".into(),
            Self::Char(_) => "character".into(),
            Self::Uuid => "uuid".into(),
            Self::Json => "json".into(),
            Self::Jsonb => "jsonb".into(),
            Self::Timestamp => "timestamp without time zone".into(),
            Self::TimestampWithZone => "timestamp with time zone".into(),
            Self::Date => "date".into(),
            Self::Time => "time without time zone".into(),
            Self::Bytea => "bytea".into(),
            Self::Vector(_) => "vector".into(),
            Self::Array(element) => format!("{}[]", element.name()),
        }
    }

    /// The short name in `columnMetadata.typeName`.
    pub(crate) fn catalogue_name(&self) -> String {
        match self {
            Self::SmallInt => "int2".into(),
            Self::Integer => "int4".into(),
            Self::BigInt => "int8".into(),
            Self::Real => "float4".into(),
            Self::Double => "float8".into(),
            Self::Boolean => "bool".into(),
            Self::Varchar(_) => "varchar".into(),
            Self::Char(_) => "bpchar".into(),
            Self::Timestamp => "timestamp".into(),
            Self::TimestampWithZone => "timestamptz".into(),
            Self::Time => "time".into(),
            Self::Array(element) => format!("_{}", element.catalogue_name()),
            other => other.name(),
        }
    }

    /// The number of `java.sql.Types`, which `columnMetadata.type` carries.
    pub(crate) fn jdbc(&self) -> i64 {
        match self {
            Self::SmallInt => 5,
            Self::Integer => 4,
            Self::BigInt => -5,
            Self::Numeric => 2,
            Self::Real => 7,
            Self::Double => 8,
            Self::Boolean => -7,
            Self::Text | Self::Varchar(_) => 12,
            Self::Char(_) => 1,
            Self::Timestamp | Self::TimestampWithZone => 93,
            Self::Date => 91,
            Self::Time => 92,
            Self::Bytea => -2,
            Self::Array(_) => 2003,
            Self::Uuid | Self::Json | Self::Jsonb | Self::Vector(_) => 1111,
        }
    }

    pub(crate) fn is_whole_number(&self) -> bool {
        matches!(self, Self::SmallInt | Self::Integer | Self::BigInt)
    }

    pub(crate) fn is_number(&self) -> bool {
        self.is_whole_number() || matches!(self, Self::Numeric | Self::Real | Self::Double)
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Varchar(_) | Self::Char(_))
    }

    fn is_time(&self) -> bool {
        matches!(self, Self::Timestamp | Self::TimestampWithZone | Self::Date)
    }

    /// Whether PostgreSQL assigns a value of this type to a column of that one without a cast.
    pub(crate) fn assignable_to(&self, column: &Self) -> bool {
        column.is_text()
            || std::mem::discriminant(self) == std::mem::discriminant(column)
            || self.is_number() && column.is_number()
            || self.is_time() && column.is_time()
            || matches!((self, column), (Self::Json, Self::Jsonb) | (Self::Jsonb, Self::Json))
            || matches!((self, column), (Self::Array(_), Self::Vector(_)))
    }

    /// Whether `=` is defined between the two.
    pub(crate) fn comparable_with(&self, other: &Self) -> bool {
        self.is_text() && other.is_text()
            || self.is_number() && other.is_number()
            || self.is_time() && other.is_time()
            || std::mem::discriminant(self) == std::mem::discriminant(other) && *self != Self::Json
    }

    /// The value in this type's own form, or PostgreSQL's refusal.
    pub(crate) fn coerce(&self, value: &Json) -> Result<Json, SqlError> {
        if value.is_null() {
            return Ok(Json::Null);
        }
        let text = text_of(value);
        let invalid = || SqlError::new("22P02", format!("invalid input syntax for type {}: \"{text}\"", self.name()));
        match self {
            Self::SmallInt => self.whole(value, i64::from(i16::MIN), i64::from(i16::MAX)),
            Self::Integer => self.whole(value, i64::from(i32::MIN), i64::from(i32::MAX)),
            Self::BigInt => self.whole(value, i64::MIN, i64::MAX),
            // Kept as text, so that no digit is lost.
            Self::Numeric => text.trim().parse::<f64>().map(|_| Json::from(text.trim())).map_err(|_| invalid()),
            Self::Real | Self::Double => text.trim().parse::<f64>().map(Json::from).map_err(|_| invalid()),
            Self::Boolean => match text.trim().to_lowercase().as_str() {
                "t" | "true" | "y" | "yes" | "on" | "1" => Ok(Json::Bool(true)),
                "f" | "false" | "n" | "no" | "off" | "0" => Ok(Json::Bool(false)),
                _ => Err(invalid()),
            },
            Self::Text | Self::Varchar(None) => Ok(Json::from(text)),
            Self::Varchar(Some(size)) | Self::Char(size) => {
                if u64::try_from(text.chars().count()).is_ok_and(|count| count > *size) {
                    return Err(SqlError::new("22001", format!("value too long for type {}({size})", self.name())));
                }
                Ok(Json::from(text))
            }
            Self::Uuid => {
                let digits: String = text.chars().filter(|character| *character != '-').collect();
                let sound = digits.len() == 32 && digits.chars().all(|character| character.is_ascii_hexdigit());
                if sound { Ok(Json::from(text.to_lowercase())) } else { Err(invalid()) }
            }
            Self::Json | Self::Jsonb => {
                serde_json::from_str::<Json>(&text)
                    .map_err(|_| SqlError::new("22P02", format!("invalid input syntax for type {}", self.name())))?;
                Ok(Json::from(text))
            }
            Self::Timestamp | Self::TimestampWithZone | Self::Date | Self::Time => {
                if text.starts_with(|character: char| character.is_ascii_digit()) {
                    Ok(Json::from(text))
                } else {
                    Err(SqlError::new("22007", format!("invalid input syntax for type {}: \"{text}\"", self.name())))
                }
            }
            Self::Bytea => Ok(Json::from(text)),
            Self::Vector(size) => vector(&text, *size).ok_or_else(invalid)?,
            Self::Array(_) => Ok(value.clone()),
        }
    }

    fn whole(&self, value: &Json, least: i64, most: i64) -> Result<Json, SqlError> {
        let text = text_of(value);
        let number = match value {
            Json::Number(number) => number.as_i64().or_else(|| {
                number
                    .as_f64()
                    .map(f64::round)
                    .filter(|number| number.abs() < 9.0e18)
                    .map(|number| format!("{number:.0}").parse().unwrap_or(i64::MAX))
            }),
            _ => text.trim().parse().ok(),
        };
        match number {
            Some(number) if (least..=most).contains(&number) => Ok(Json::from(number)),
            Some(_) => Err(SqlError::new("22003", format!("{} out of range", self.name()))),
            None => Err(SqlError::new("22P02", format!("invalid input syntax for type {}: \"{text}\"", self.name()))),
        }
    }
}

fn vector(text: &str, size: Option<u64>) -> Option<Result<Json, SqlError>> {
    let numbers: Vec<f64> = serde_json::from_str(text).ok()?;
    let count = u64::try_from(numbers.len()).ok()?;
    if let Some(size) = size.filter(|size| *size != count) {
        return Some(Err(SqlError::new("22000", format!("expected {size} dimensions, not {count}"))));
    }
    Some(Ok(Json::from(text)))
}

/// A value as text, as PostgreSQL prints it.
pub(crate) fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Bool(true) => "t".into(),
        Json::Bool(false) => "f".into(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
