use super::*;
use std::io::Write;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Thing {
    name: String,
    gone: Option<Timestamp>,
}

impl Record for Thing {
    const SERVICE: &'static str = "test";
    const KIND: &'static str = "thing";

    fn gone(&self) -> Option<Timestamp> {
        self.gone
    }
}

const REGION: &str = "us-east-1";

fn account() -> AccountId {
    AccountId::new("111111111111").unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::new(seconds, 0).unwrap()
}

fn thing(name: &str) -> Thing {
    Thing { name: name.to_owned(), gone: None }
}

fn anchor(seconds: i64) -> ClockAnchor {
    ClockAnchor { virtual_time: at(seconds), wall_time: at(seconds), time_scale: 1.0 }
}

#[test]
fn what_was_committed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/store");
    let (mut store, clock) = Store::open(&path).unwrap();
    assert_eq!(clock, None);
    store.compact(anchor(100)).unwrap();
    store.begin(at(110), 0.0);
    store.put(&account(), REGION, "a", &thing("one"));
    store.put(&account(), REGION, "b", &thing("two"));
    store.commit().unwrap();
    store.begin(at(120), 0.0);
    store.remove::<Thing>(&account(), REGION, "b");
    store.commit().unwrap();
    store.put(&account(), REGION, "c", &thing("never committed"));
    drop(store);

    let (mut store, clock) = Store::open(&path).unwrap();
    assert_eq!(clock.unwrap().virtual_time, at(120), "time never goes back behind a call");
    assert_eq!(store.list::<Thing>(&account(), REGION), [("a".to_owned(), thing("one"))]);
    assert_eq!(store.begin(at(130), 0.0), 3);
}

#[test]
fn a_torn_line_is_a_call_that_was_not_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (mut store, _) = Store::open(&path).unwrap();
    store.compact(anchor(0)).unwrap();
    store.begin(at(1), 0.0);
    store.put(&account(), REGION, "a", &thing("one"));
    store.commit().unwrap();
    drop(store);
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(br#"{"call":{"call":2,"now":"1970-01-01T00"#).unwrap();
    let (store, _) = Store::open(&path).unwrap();
    assert_eq!(store.list::<Thing>(&account(), REGION).len(), 1);

    file.write_all(b"\n{}\n").unwrap();
    let error = Store::open(&path).unwrap_err().to_string();
    assert!(error.contains("line 3"), "{error}");
}

#[test]
fn things_go_when_their_time_has_come() {
    let mut store = Store::in_memory(at(0));
    store.put(&account(), REGION, "a", &Thing { gone: Some(at(10)), ..thing("one") });
    store.begin(at(9), 0.0);
    assert_eq!((store.contains::<Thing>(&account(), REGION, "a"), store.inventory(at(9)).len()), (true, 1));
    store.begin(at(10), 0.0);
    assert_eq!((store.contains::<Thing>(&account(), REGION, "a"), store.inventory(at(10)).len()), (false, 0));
    // Its name is free again.
    store.put(&account(), REGION, "a", &thing("two"));
    assert_eq!(store.get::<Thing>(&account(), REGION, "a"), Some(thing("two")));
}

#[test]
fn readers_are_told_late() {
    let mut store = Store::in_memory(at(0));
    let told = |store: &Store| store.read::<Thing>(&account(), REGION, "a").map(|thing| thing.name);
    store.begin(at(0), 5.0);
    store.put(&account(), REGION, "a", &thing("one"));
    assert_eq!(told(&store), None);
    assert!(store.contains::<Thing>(&account(), REGION, "a"), "the service itself knows");
    store.begin(at(5), 5.0);
    assert_eq!(told(&store).as_deref(), Some("one"));
    store.put(&account(), REGION, "a", &thing("two"));
    assert_eq!(told(&store).as_deref(), Some("one"));
    store.begin(at(10), 5.0);
    assert_eq!(told(&store).as_deref(), Some("two"));
}

#[test]
fn what_is_seeded_is_not_in_the_inventory() {
    let mut store = Store::in_memory(at(0));
    store.set_seeding(true);
    store.put(&account(), REGION, "a", &thing("one"));
    store.set_seeding(false);
    store.put(&account(), REGION, "a", &thing("changed"));
    store.put(&account(), REGION, "b", &thing("two"));
    let left: Vec<String> = store.inventory(at(0)).into_iter().map(|item| item.identifier).collect();
    assert_eq!(left, ["b"]);
}

#[test]
fn prefixes_and_mentions_keep_to_their_place() {
    let mut store = Store::in_memory(at(0));
    store.put(&account(), REGION, "x a", &thing("vpc-1"));
    store.put(&account(), REGION, "x b", &thing("vpc-2"));
    store.put(&account(), "us-west-2", "x c", &thing("vpc-1"));
    store.put(&account(), REGION, "y a", &thing("vpc-1"));
    assert_eq!(store.read_prefix::<Thing>(&account(), REGION, "x "), [thing("vpc-1"), thing("vpc-2")]);
    assert_eq!(store.mentions(&account(), REGION, "test/thing", "vpc-1"), ["x a", "y a"]);
    assert_eq!(store.anywhere::<Thing>("us-west-2", "x c"), Some(thing("vpc-1")));
}

#[test]
fn a_name_is_found_in_every_account_and_region() {
    let mut store = Store::in_memory(at(0));
    let other = AccountId::new("999999999999").unwrap();
    for (account, region, key) in [
        (account(), REGION, "a"),
        (account(), REGION, "n"),
        (account(), "us-west-2", "n"),
        (other.clone(), "eu-west-1", "z"),
        (other.clone(), "eu-west-2", "n"),
    ] {
        store.put(&account, region, key, &thing(region));
    }
    let found: Vec<_> = store.named::<Thing>("n").into_iter().map(|entry| (entry.account, entry.region)).collect();
    let expected = [(account(), REGION), (account(), "us-west-2"), (other, "eu-west-2")];
    assert_eq!(found, expected.map(|(account, region)| (account, region.to_owned())));
    assert!(store.named::<Thing>("nn").is_empty());
}
