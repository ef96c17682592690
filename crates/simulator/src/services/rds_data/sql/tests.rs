use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::json;

use super::*;

fn run_with(database: &mut Database, sql: &str, parameters: &[(&str, Typed)]) -> Result<Outcome, String> {
    let statement = parse(sql).map_err(|error| match error {
        ParseError::Several => "several".to_owned(),
        ParseError::Refused(error) => error.to_string(),
    })?;
    let parameters: BTreeMap<String, Typed> =
        parameters.iter().map(|(name, typed)| ((*name).to_owned(), typed.clone())).collect();
    let mut uuid = || "00000000-0000-4000-8000-000000000001".to_owned();
    let context = Context {
        parameters: &parameters,
        now: "2026-11-21 08:00:00+00",
        database: "genai",
        schema: "public",
        version: "15.4",
        has_vector: database.has_vector(),
        uuid: RefCell::new(&mut uuid),
    };
    execute(database, &["public".to_owned()], &context, &statement).map_err(|error| error.to_string())
}

fn run(database: &mut Database, sql: &str) -> Result<Outcome, String> {
    run_with(database, sql, &[])
}

fn rows(database: &mut Database, sql: &str) -> serde_json::Value {
    match run(database, sql).unwrap() {
        Outcome::Rows { rows, .. } => json!(rows),
        Outcome::Changed(count) => panic!("changed {count} rows"),
    }
}

const REVIEWS: &str = "CREATE TABLE employees.amazon_review (\
    pk int GENERATED ALWAYS AS IDENTITY NOT NULL, id varchar(50) NOT NULL, name varchar(300), reviews_text Text, \
    CONSTRAINT amazon_review_pk PRIMARY KEY (pk))";

fn filled() -> Database {
    let mut database = Database::default();
    run(&mut database, "CREATE SCHEMA employees").unwrap();
    run(&mut database, REVIEWS).unwrap();
    let insert = "INSERT INTO employees.amazon_review (id, name, reviews_text) VALUES \
        ('a', 'Tablet', 'Good screen'), ('b', 'Reader', 'Light'), ('c', 'Speaker', NULL)";
    assert_eq!(run(&mut database, insert), Ok(Outcome::Changed(3)));
    database
}

#[test]
fn a_schema_name_in_single_quotes_is_a_syntax_error() {
    let refused = run(&mut Database::default(), "CREATE SCHEMA 'employees'");
    assert_eq!(refused, Err("ERROR: syntax error at or near \"'employees'\"; SQLState: 42601".into()));
}

#[test]
fn bad_sql_is_refused_with_the_word_and_its_place() {
    let mut database = Database::default();
    assert_eq!(
        run(&mut database, "SELEC 1"),
        Err("ERROR: syntax error at or near \"SELEC\"; Position: 1; SQLState: 42601".into())
    );
    assert_eq!(
        run(&mut database, "SELECT * FROM"),
        Err("ERROR: syntax error at end of input; Position: 14; SQLState: 42601".into())
    );
    assert_eq!(
        run(&mut database, "SELECT 1 1"),
        Err("ERROR: syntax error at or near \"1\"; Position: 10; SQLState: 42601".into())
    );
}

#[test]
fn several_statements_are_refused_and_a_closing_semicolon_is_not() {
    let mut database = Database::default();
    assert_eq!(run(&mut database, "SELECT 1; SELECT 2"), Err("several".into()));
    assert_eq!(rows(&mut database, "SELECT 1;"), json!([[1]]));
}

#[test]
fn what_exists_cannot_be_created_again() {
    let mut database = filled();
    assert_eq!(
        run(&mut database, "CREATE SCHEMA employees"),
        Err("ERROR: schema \"employees\" already exists; SQLState: 42P06".into())
    );
    assert_eq!(run(&mut database, "CREATE SCHEMA IF NOT EXISTS employees"), Ok(Outcome::Changed(0)));
    assert_eq!(
        run(&mut database, REVIEWS),
        Err("ERROR: relation \"amazon_review\" already exists; SQLState: 42P07".into())
    );
}

#[test]
fn rows_are_counted_filtered_and_sorted() {
    let mut database = filled();
    assert_eq!(rows(&mut database, "select count(*) from employees.amazon_review"), json!([[3]]));
    assert_eq!(
        rows(&mut database, "SELECT pk, NAME FROM employees.amazon_review WHERE pk > 1 ORDER BY pk DESC LIMIT 1"),
        json!([[3, "Speaker"]])
    );
    assert_eq!(
        rows(
            &mut database,
            "SELECT name FROM employees.amazon_review WHERE reviews_text IS NULL OR id = 'a' ORDER BY 1"
        ),
        json!([["Speaker"], ["Tablet"]])
    );
    assert_eq!(
        rows(&mut database, "SELECT id FROM employees.amazon_review WHERE name LIKE '%ea%r'"),
        json!([["b"], ["c"]])
    );
    assert_eq!(
        rows(
            &mut database,
            "SELECT length(name) AS size, count(*) FROM employees.amazon_review GROUP BY length(name) ORDER BY size"
        ),
        json!([[6, 2], [7, 1]])
    );
}

#[test]
fn constraints_hold() {
    let mut database = filled();
    let refused = |database: &mut Database, sql: &str| run(database, sql).unwrap_err();
    assert_eq!(
        refused(&mut database, "INSERT INTO employees.amazon_review (name) VALUES ('x')"),
        "ERROR: null value in column \"id\" of relation \"amazon_review\" violates not-null constraint; SQLState: 23502"
    );
    assert!(refused(&mut database, "INSERT INTO employees.amazon_review (pk, id) VALUES (1, 'x')").contains("428C9"));
    assert!(refused(&mut database, "SELECT nope FROM employees.amazon_review").contains("42703"));
    assert!(refused(&mut database, "SELECT * FROM amazon_review").contains("42P01"));
    assert!(refused(&mut database, "DROP SCHEMA employees").contains("2BP01"));
    let long = format!("INSERT INTO employees.amazon_review (id) VALUES ('{}')", "x".repeat(51));
    assert!(refused(&mut database, &long).contains("value too long for type character varying(50)"));
}

#[test]
fn upsert_changes_the_row_that_is_there() {
    let mut database = Database::default();
    run(&mut database, "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 7, at timestamptz DEFAULT now())").unwrap();
    run(&mut database, "INSERT INTO t (id) VALUES (1)").unwrap();
    assert!(run(&mut database, "INSERT INTO t (id) VALUES (1)").unwrap_err().contains("\"t_pkey\"; SQLState: 23505"));
    let upsert = "INSERT INTO t (id, n) VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n RETURNING n";
    assert_eq!(rows(&mut database, upsert), json!([[12]]));
    assert!(
        run(&mut database, "INSERT INTO t (id) VALUES (1) ON CONFLICT (n) DO NOTHING").unwrap_err().contains("42P10")
    );
    assert_eq!(run(&mut database, "INSERT INTO t (id) VALUES (1) ON CONFLICT DO NOTHING"), Ok(Outcome::Changed(0)));
    assert_eq!(run(&mut database, "UPDATE t SET n = 1 WHERE id = 1"), Ok(Outcome::Changed(1)));
    assert_eq!(rows(&mut database, "SELECT id, n, at FROM t"), json!([[1, 1, "2026-11-21 08:00:00+00"]]));
    assert_eq!(run(&mut database, "DELETE FROM t WHERE id = 1"), Ok(Outcome::Changed(1)));
    assert_eq!(rows(&mut database, "SELECT count(*) FROM t"), json!([[0]]));
}

#[test]
fn a_text_parameter_needs_a_cast_where_the_column_is_no_text() {
    let mut database = Database::default();
    run(&mut database, "CREATE TABLE t (id int PRIMARY KEY, note text)").unwrap();
    let one = [("id", Typed::of(Kind::Varchar(None), "1"))];
    let refused = run_with(&mut database, "INSERT INTO t (id) VALUES (:id)", &one).unwrap_err();
    assert!(refused.contains("column \"id\" is of type integer but expression is of type character varying"));
    assert_eq!(run_with(&mut database, "INSERT INTO t (id) VALUES (:id::int)", &one), Ok(Outcome::Changed(1)));
    let number = [("id", Typed::of(Kind::BigInt, 1))];
    match run_with(&mut database, "SELECT id FROM t WHERE id = :id", &number).unwrap() {
        Outcome::Rows { rows, .. } => assert_eq!(json!(rows), json!([[1]])),
        Outcome::Changed(_) => panic!("no rows"),
    }
}

#[test]
fn vectors_need_their_extension() {
    let mut database = Database::default();
    let table = "CREATE TABLE kb (id uuid PRIMARY KEY, embedding vector(3), chunks text, metadata json)";
    assert_eq!(run(&mut database, table), Err("ERROR: type \"vector\" does not exist; SQLState: 42704".into()));
    run(&mut database, "CREATE EXTENSION IF NOT EXISTS vector").unwrap();
    run(&mut database, table).unwrap();
    run(&mut database, "CREATE INDEX ON kb USING hnsw (embedding vector_cosine_ops)").unwrap();
    run(&mut database, "CREATE INDEX ON kb USING gin (to_tsvector('simple', chunks))").unwrap();
    let short = "INSERT INTO kb (id, embedding) VALUES (gen_random_uuid(), '[1,2]')";
    assert!(run(&mut database, short).unwrap_err().contains("expected 3 dimensions, not 2"));
    assert_eq!(
        rows(&mut database, "SELECT indexname FROM pg_indexes ORDER BY indexname"),
        json!([["kb_embedding_idx"], ["kb_to_tsvector_idx"]])
    );
}

#[test]
fn what_is_not_simulated_says_so() {
    let mut database = filled();
    let refused = run(&mut database, "SELECT * FROM employees.amazon_review a JOIN employees.amazon_review b ON true");
    assert_eq!(refused, Err("ERROR: the Charter simulator does not simulate JOIN; SQLState: 0A000".into()));
}

#[test]
fn a_failed_statement_leaves_the_database_as_it_was() {
    let mut database = filled();
    let before = database.clone();
    let half = "INSERT INTO employees.amazon_review (id) VALUES ('d'), (NULL)";
    assert!(run(&mut database, half).is_err());
    assert_eq!(database, before);
}
