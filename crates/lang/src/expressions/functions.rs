//! The functions of expressions, as a user sees them. The code stands in `library`; a test holds the two together.

/// The name under which the region of the block stands among the bindings of an expression.
pub(crate) const REGION: &str = "@region";
/// The name under which the files that an expression reads stand among its bindings, by path.
pub(crate) const FILES: &str = "@files";

/// A function that Charter adds to CEL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// `join`
    pub name: &'static str,
    /// `join(list, separator) -> string`
    pub signature: &'static str,
    /// One sentence.
    pub meaning: &'static str,
    /// An expression that uses it, and what that comes to, as JSON.
    pub example: (&'static str, &'static str),
}

/// Charter's own functions, by name. CEL's standard functions and its extensions for strings, lists, math and base64 are
/// there as well.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "availabilityZone",
        signature: "availabilityZone(index) -> string",
        meaning: "The name of the zone with this place in the region: 0 is `a`. Zone names are the account's own: the same name may be another building elsewhere.",
        example: ("availabilityZone(1)", "\"us-east-1b\""),
    },
    Function {
        name: "base64",
        signature: "base64(text) -> string",
        meaning: "The text in base64.",
        example: ("base64('charter')", "\"Y2hhcnRlcg==\""),
    },
    Function {
        name: "cidrHost",
        signature: "cidrHost(cidr, index) -> string",
        meaning: "The address with this place in a network.",
        example: ("cidrHost('10.0.1.0/24', 5)", "\"10.0.1.5\""),
    },
    Function {
        name: "cidrSubnet",
        signature: "cidrSubnet(cidr, newBits, index) -> string",
        meaning: "The part with this place of a network cut into parts whose prefix is `newBits` longer; IPv4 or IPv6.",
        example: ("cidrSubnet('10.0.0.0/16', 8, 2)", "\"10.0.2.0/24\""),
    },
    Function {
        name: "file",
        signature: "file(path) -> string",
        meaning: "The text of a file of the project. The path counts from the file that the expression stands in, and must be known before anything is made.",
        example: ("file('hello.txt')", "\"hello\\n\""),
    },
    Function {
        name: "fromJson",
        signature: "fromJson(text) -> value",
        meaning: "The value that a JSON text stands for.",
        example: ("fromJson('{\"a\": [1]}').a", "[1]"),
    },
    Function {
        name: "join",
        signature: "join(list, separator) -> string",
        meaning: "The elements of a list as one text with a separator between them.",
        example: ("join(['a', 'b'], ',')", "\"a,b\""),
    },
    Function {
        name: "keys",
        signature: "keys(map) -> list",
        meaning: "The keys of a map, sorted.",
        example: ("keys({'b': 1, 'a': 2})", "[\"a\",\"b\"]"),
    },
    Function {
        name: "lower",
        signature: "lower(text) -> string",
        meaning: "The text in lower case.",
        example: ("lower('Retail')", "\"retail\""),
    },
    Function {
        name: "merge",
        signature: "merge(map, map) -> map",
        meaning: "Both maps in one; where both have a key, the second's value counts.",
        example: ("merge({'a': 1, 'b': 1}, {'b': 2})", "{\"a\":1,\"b\":2}"),
    },
    Function {
        name: "partition",
        signature: "partition() -> string",
        meaning: "The partition that the region belongs to: `aws`, `aws-cn` or another.",
        example: (
            "'arn:' + partition() + ':iam::aws:policy/ReadOnlyAccess'",
            "\"arn:aws:iam::aws:policy/ReadOnlyAccess\"",
        ),
    },
    Function {
        name: "range",
        signature: "range(count) -> list",
        meaning: "The whole numbers from zero up to, not including, `count`.",
        example: ("range(3)", "[0,1,2]"),
    },
    Function {
        name: "replace",
        signature: "replace(text, from, to) -> string",
        meaning: "The text with every `from` replaced.",
        example: ("replace('a.b.c', '.', '-')", "\"a-b-c\""),
    },
    Function {
        name: "sha256",
        signature: "sha256(text) -> string",
        meaning: "The SHA-256 digest of the text, in hexadecimal.",
        example: ("sha256('abc')", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""),
    },
    Function {
        name: "split",
        signature: "split(text, separator) -> list",
        meaning: "The parts of a text between separators.",
        example: ("split('a,b', ',')", "[\"a\",\"b\"]"),
    },
    Function {
        name: "toJson",
        signature: "toJson(value) -> string",
        meaning: "The value as JSON with sorted members and no white space.",
        example: ("toJson({'b': 1, 'a': [true]})", "\"{\\\"a\\\":[true],\\\"b\\\":1}\""),
    },
    Function {
        name: "upper",
        signature: "upper(text) -> string",
        meaning: "The text in upper case.",
        example: ("upper('retail')", "\"RETAIL\""),
    },
    Function {
        name: "values",
        signature: "values(map) -> list",
        meaning: "The values of a map, in the order of its keys.",
        example: ("values({'b': 1, 'a': 2})", "[2,1]"),
    },
];

/// What CEL and the extensions bring along. The crate does not list them; the test below calls each.
const STANDARD: &[&str] = &[
    "all",
    "base64.decode",
    "base64.encode",
    "bool",
    "bytes",
    "charAt",
    "contains",
    "distinct",
    "double",
    "duration",
    "dyn",
    "endsWith",
    "exists",
    "existsOne",
    "exists_one",
    "filter",
    "flatten",
    "format",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "has",
    "hasValue",
    "indexOf",
    "int",
    "join",
    "lastIndexOf",
    "lists.range",
    "lowerAscii",
    "map",
    "matches",
    "math.abs",
    "math.bitAnd",
    "math.bitNot",
    "math.bitOr",
    "math.bitShiftLeft",
    "math.bitShiftRight",
    "math.bitXor",
    "math.ceil",
    "math.floor",
    "math.greatest",
    "math.isFinite",
    "math.isInf",
    "math.isNaN",
    "math.least",
    "math.round",
    "math.sign",
    "math.sqrt",
    "math.trunc",
    "max",
    "min",
    "optFlatMap",
    "optMap",
    "optional.none",
    "optional.of",
    "optional.ofNonZeroValue",
    "or",
    "orValue",
    "replace",
    "reverse",
    "size",
    "slice",
    "sort",
    "sortBy",
    "split",
    "startsWith",
    "string",
    "strings.quote",
    "substring",
    "timestamp",
    "trim",
    "type",
    "uint",
    "upperAscii",
    "value",
];

/// Every name that may be called.
pub(crate) fn known_functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name).chain(STANDARD.iter().copied())
}
