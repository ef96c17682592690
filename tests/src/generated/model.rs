//! A typed model of a project: blocks over several stacks, accounts and regions, which refer to each other only backwards.

use super::governed::{self, Around, Companion, DOMAIN, OWN_DOMAIN};
use super::values;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

/// A type that blocks are made of.
#[derive(Debug)]
pub struct Kind {
    /// Its name.
    pub type_name: &'static str,
    /// An attribute that others can refer to.
    pub attribute: &'static str,
    /// Another one, which what is in it refers to.
    pub top: Option<&'static str>,
    /// What a role beside it may be granted.
    pub access: Option<&'static str>,
    /// The type of what it is in: the block of that type before it, if there is one.
    pub home: Option<&'static str>,
    /// What stands beside it, for it alone.
    pub companions: &'static [Companion],
    /// Whether it is in the management account only.
    pub managed: bool,
    /// Whether it is in another account than what stands beside it: see [`Project::other_account`].
    pub across: bool,
    /// Whether it can be let go of and stay: what is kept may keep others from going.
    pub can_stay: bool,
    /// How its properties come about.
    pub make: Make,
}

/// How properties come about.
#[derive(Debug)]
pub enum Make {
    /// From the schema alone; a reference goes into a tag.
    Schema,
    /// By hand, because the service checks what no schema says: given the seed and the reference.
    Hand(fn(u64, Option<&str>) -> Json),
    /// The same, with what it is in and what stands beside it.
    Around(fn(&Around<'_>) -> Json),
}

/// Those that need nothing else: native types first, then those that go through Cloud Control.
const ALONE: &[Kind] = &[
    hand("AWS::IAM::Role", "Arn", None, role),
    hand("AWS::IAM::ManagedPolicy", "PolicyArn", None, managed_policy),
    hand("AWS::SecretsManager::Secret", "Id", Some("read"), secret),
    hand("AWS::S3::Bucket", "Arn", Some("read"), bucket),
    hand("AWS::RDS::DBClusterParameterGroup", "DBClusterParameterGroupName", None, parameters),
    by_schema("AWS::SQS::Queue", "Arn", Some("send")),
    by_schema("AWS::SNS::Topic", "TopicArn", Some("publish")),
    hand("AWS::DynamoDB::Table", "Arn", Some("write"), table),
    hand("AWS::KMS::Key", "Arn", Some("decrypt"), key),
    by_schema("AWS::ECR::Repository", "Arn", None),
    by_schema("AWS::Kinesis::Stream", "Arn", None),
    by_schema("AWS::Athena::WorkGroup", "Name", None),
    by_schema("AWS::EFS::FileSystem", "FileSystemId", None),
    hand("AWS::Bedrock::Guardrail", "GuardrailArn", Some("apply"), guardrail),
    by_schema("AWS::Cognito::UserPool", "Arn", None),
    by_schema("AWS::Backup::BackupVault", "BackupVaultArn", None),
    by_schema("AWS::AppConfig::Application", "ApplicationId", None),
    hand("AWS::EC2::VPC", "VpcId", None, network),
    // Its ARN ends in `:*`, which is no value of a tag.
    hand("AWS::Logs::LogGroup", "LogGroupName", Some("write"), log_group),
];

const fn by_schema(type_name: &'static str, attribute: &'static str, access: Option<&'static str>) -> Kind {
    Kind { access, ..Kind::new(type_name, attribute, Make::Schema) }
}

const fn hand(
    type_name: &'static str,
    attribute: &'static str,
    access: Option<&'static str>,
    make: fn(u64, Option<&str>) -> Json,
) -> Kind {
    Kind { access, ..Kind::new(type_name, attribute, Make::Hand(make)) }
}

/// All kinds.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    ALONE.iter().chain(governed::KINDS)
}

impl Kind {
    /// One that needs nothing else.
    pub const fn new(type_name: &'static str, attribute: &'static str, make: Make) -> Self {
        let (top, access, home, companions) = (None, None, None, &[]);
        let (managed, across, can_stay) = (false, false, true);
        Self { type_name, attribute, top, access, home, companions, managed, across, can_stay, make }
    }

    /// Whether nothing but its schema says what its properties are.
    pub fn is_from_schema(&self) -> bool {
        matches!(self.make, Make::Schema)
    }
}

const STACKS: u8 = 3;
const MANAGEMENT: &str = "management";
const ACCOUNTS: [&str; 3] = [MANAGEMENT, "retail", "cards"];
/// Where blocks are.
pub const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// What stands around the resource of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing.
    Plain,
    /// `forEach` over so many keys.
    Each(u8),
    /// `when`: false, so it does not exist.
    Absent,
    /// A module around it.
    Module,
    /// A module in a module.
    Nested,
}

/// One block.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Names it, whatever happens to the others.
    pub id: usize,
    /// How often it was renamed.
    pub renamed: u8,
    /// Whether the last time without a word: what stood under the old name goes, and all is made anew.
    pub unsaid: bool,
    /// Into [`kinds`].
    pub kind: usize,
    /// What its properties come from.
    pub seed: u64,
    /// What stands around it.
    pub shape: Shape,
    /// Which stack, of those that there are.
    pub stack: u8,
    /// Which account.
    pub account: u8,
    /// Which region.
    pub region: u8,
    /// How many blocks back the one is that it refers to; 0: none.
    pub link: usize,
    /// Whether it also depends on that one by `dependsOn`, if both are in one stack.
    pub depends: bool,
    /// Whether a role stands beside it that is granted the use of it, where its type is one that can be granted.
    pub granted: bool,
    /// See the language.
    pub protect: bool,
    /// See the language.
    pub retain: bool,
}

/// A project.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// In an order in which each refers only to those before it.
    pub blocks: Vec<Block>,
}

/// A change between two runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Other properties: in place, or by replacement where one of them is create-only.
    Change(usize, u64),
    /// One more block, in front of the others.
    Add(Block),
    /// One block less; what referred to it refers to another.
    Remove(usize),
    /// Another name: with `movedFrom`, or without.
    Rename(usize, bool),
    /// Another reference.
    Link(usize, usize),
    /// `protect` on or off.
    Protect(usize),
    /// `retain` on or off.
    Retain(usize),
    /// Other keys of a `forEach`.
    Keys(usize, u8),
    /// The grant, and the role that has it, on or off.
    Grant(usize),
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        5 => Just(Shape::Plain),
        2 => (1..4_u8).prop_map(Shape::Each),
        1 => Just(Shape::Absent),
        1 => Just(Shape::Module),
        1 => Just(Shape::Nested),
    ]
}

/// Some that stand alone, some that govern, and as many domains that there is something for those to be in.
fn kind() -> impl Strategy<Value = usize> {
    let domain = kinds().position(|kind| kind.type_name == DOMAIN).expect("a domain is a kind");
    prop_oneof![4 => 0..ALONE.len(), 3 => ALONE.len()..kinds().count(), 1 => Just(domain)]
}

/// A block whose id is still to be given.
pub fn block() -> impl Strategy<Value = Block> {
    (
        (kind(), 0..40_u64, shape(), 0..STACKS, 0..3_u8, 0..2_u8),
        (
            0..4_usize,
            prop::bool::weighted(0.2),
            prop::bool::weighted(0.3),
            prop::bool::weighted(0.08),
            prop::bool::weighted(0.08),
        ),
    )
        .prop_map(|((kind, seed, shape, stack, account, region), (link, depends, granted, protect, retain))| {
            Block {
                id: 0,
                renamed: 0,
                unsaid: false,
                kind,
                seed,
                shape,
                stack,
                account,
                region,
                link,
                depends,
                granted,
                protect,
                retain,
            }
        })
}

/// A project of up to `most` blocks.
pub fn project(most: usize) -> impl Strategy<Value = Project> {
    prop::collection::vec(block(), 1..=most).prop_map(|mut blocks| {
        blocks.iter_mut().enumerate().for_each(|(id, block)| block.id = id);
        Project { blocks }
    })
}

/// Up to `most` edits.
pub fn edits(most: usize) -> impl Strategy<Value = Vec<Edit>> {
    let at = || 0..64_usize;
    let edit = prop_oneof![
        4 => (at(), 0..40_u64).prop_map(|(place, seed)| Edit::Change(place, seed)),
        2 => block().prop_map(Edit::Add),
        2 => at().prop_map(Edit::Remove),
        2 => (at(), prop::bool::weighted(0.6)).prop_map(|(place, said)| Edit::Rename(place, said)),
        1 => (at(), 0..4_usize).prop_map(|(place, link)| Edit::Link(place, link)),
        1 => at().prop_map(Edit::Protect),
        1 => at().prop_map(Edit::Retain),
        1 => (at(), 1..4_u8).prop_map(|(place, keys)| Edit::Keys(place, keys)),
        1 => at().prop_map(Edit::Grant),
    ];
    prop::collection::vec(edit, 1..=most)
}

/// The project after the edits. `next` is the first id that was never used. What is protected, before the edits or after them, is
/// neither removed nor changed in a way that could replace it or take a key from it: the plan would rightly be refused.
pub fn edited(project: &Project, edits: &[Edit], next: usize) -> Project {
    let before = project;
    let mut project = project.clone();
    for (count, edit) in edits.iter().enumerate() {
        let length = project.blocks.len();
        if let Edit::Add(block) = edit {
            project.blocks.insert(0, Block { id: next + count, ..block.clone() });
            continue;
        }
        let (Edit::Change(place, _)
        | Edit::Remove(place)
        | Edit::Rename(place, _)
        | Edit::Link(place, _)
        | Edit::Protect(place)
        | Edit::Retain(place)
        | Edit::Keys(place, _)
        | Edit::Grant(place)) = edit
        else {
            continue;
        };
        if length == 0 {
            continue;
        }
        let place = place % length;
        let Some(block) = project.blocks.get_mut(place) else { continue };
        let old = before.blocks.iter().find(|old| old.id == block.id);
        let safe = !block.protect && old.is_none_or(|old| !old.protect);
        let is_let_go = !block.retain && old.is_none_or(|old| !old.retain);
        match edit {
            Edit::Change(_, seed) if safe => block.seed = *seed,
            Edit::Remove(_) if safe => drop(project.blocks.remove(place)),
            Edit::Keys(_, keys) if safe && matches!(block.shape, Shape::Each(_)) => block.shape = Shape::Each(*keys),
            Edit::Link(_, link) if safe => block.link = *link,
            // One move at a time: `movedFrom` names where it stood in the last run. What is kept would keep others from its place.
            Edit::Rename(_, said)
                if old.is_none_or(|old| old.renamed == block.renamed) && (*said || (safe && is_let_go)) =>
            {
                block.renamed += 1;
                block.unsaid = !said;
            }
            Edit::Grant(_) => block.granted = !block.granted,
            Edit::Protect(_) => block.protect = !block.protect,
            Edit::Retain(_) => block.retain = !block.retain,
            _ => {}
        }
    }
    // What was changed first and protected then is as it was; what was renamed first and retained then says so.
    for block in project.blocks.iter_mut().filter(|block| block.protect) {
        if let Some(old) = before.blocks.iter().find(|old| old.id == block.id) {
            (block.seed, block.shape, block.link) = (old.seed, old.shape, old.link);
        }
    }
    for block in project.blocks.iter_mut().filter(|block| block.protect || block.retain) {
        block.unsaid = false;
    }
    project
}

impl Block {
    /// Its name in its stack.
    pub fn name(&self) -> String {
        match self.renamed {
            0 => format!("b{}", self.id),
            renamed => format!("b{}_{renamed}", self.id),
        }
    }

    /// Its type.
    pub fn kind(&self) -> &'static Kind {
        kinds().nth(self.kind).expect("a kind")
    }

    /// The role beside it and what that one is granted, if there is one.
    pub fn grant(&self) -> Option<(String, &'static str)> {
        // What is inside a module is not granted from outside.
        let access = self.kind().access.filter(|_| self.granted && matches!(self.shape, Shape::Plain | Shape::Each(_)));
        Some((format!("{}_user", self.name()), access?))
    }

    /// The name of its stack.
    pub fn stack_name(&self) -> String {
        format!("s{}", self.stack % STACKS)
    }

    /// Whether it is protected. What is in something else is not: it may have to go with that.
    pub fn is_protected(&self) -> bool {
        self.protect && self.kind().home.is_none()
    }

    /// Whether it is retained.
    pub fn is_retained(&self) -> bool {
        self.retain && self.kind().can_stay
    }

    /// Its properties.
    pub fn properties(&self, around: &Around<'_>) -> Json {
        let kind = self.kind();
        match kind.make {
            Make::Around(make) => make(around),
            Make::Hand(make) => make(around.seed, around.reference),
            Make::Schema => {
                let mut made = values::properties(kind.type_name, around.seed)
                    .unwrap_or_else(|| panic!("no valid properties of {} are found", kind.type_name));
                add_tag(kind.type_name, &mut made, around.reference);
                made.into()
            }
        }
    }
}

impl Project {
    /// The block that one refers to: so many back among those that exist.
    pub fn target(&self, place: usize) -> Option<&Block> {
        let block = self.blocks.get(place)?;
        let back = block.link.checked_sub(1)?;
        self.blocks.get(..place)?.iter().rev().filter(|each| each.shape != Shape::Absent).nth(back)
    }

    /// The block that one is in.
    pub fn home(&self, place: usize) -> Option<&Block> {
        self.blocks.get(self.place_of_home(place)?)
    }

    fn place_of_home(&self, place: usize) -> Option<usize> {
        let home = self.blocks.get(place)?.kind().home?;
        let before = self.blocks.get(..place)?;
        before.iter().rposition(|each| each.shape != Shape::Absent && each.kind().type_name == home)
    }

    /// What stands beside a block, for it alone.
    pub fn companions(&self, place: usize) -> impl Iterator<Item = &'static Companion> {
        let kind = self.blocks.get(place).map(Block::kind);
        let in_none = kind.is_some_and(|kind| kind.home == Some(DOMAIN)) && self.home(place).is_none();
        let own_domain = if in_none { OWN_DOMAIN } else { &[] };
        own_domain.iter().chain(kind.map_or(&[][..], |kind| kind.companions))
    }

    /// The account and the region of a block and what stands beside it: those of the domain that it is in, if it is in one.
    pub fn placement(&self, place: usize) -> (&'static str, &'static str) {
        let block = self.blocks.get(place).expect("a block");
        let region = REGIONS.get(usize::from(block.region)).expect("a region");
        match self.place_of_home(place) {
            _ if block.kind().managed => (MANAGEMENT, region),
            Some(home) => self.placement(home),
            None => (ACCOUNTS.get(usize::from(block.account)).expect("an account"), region),
        }
    }

    /// The account of what is in another one than the rest: what is shared with that is accepted there.
    pub fn other_account(&self, place: usize) -> &'static str {
        let (account, _) = self.placement(place);
        ACCOUNTS.into_iter().find(|other| *other != account).expect("there is more than one account")
    }

    /// The same without protection and retention, so that all of it can go.
    #[must_use]
    pub fn released(&self) -> Self {
        let free = |block: &Block| Block { protect: false, retain: false, ..block.clone() };
        Self { blocks: self.blocks.iter().map(free).collect() }
    }
}

/// A tag that holds the reference, in the form that the type's tags have.
fn add_tag(type_name: &str, properties: &mut Map<String, Json>, reference: Option<&str>) {
    use charter_catalog::{Catalog, TagShape};
    let schema = Catalog::embedded().schema(&type_name.parse().expect("a type")).expect("the catalogue has it");
    let (Some(reference), Some(tagging)) = (reference, schema.tagging()) else { return };
    let name = tagging.property.to_string();
    let tags = match &tagging.shape {
        TagShape::Map => json!({"linked": reference}),
        TagShape::List { key, value } => json!([{key: "linked", value: reference}]),
    };
    properties.insert(name.trim_start_matches('/').to_owned(), tags);
}

/// The tags of most types.
pub fn tags(reference: Option<&str>) -> Json {
    reference.map_or_else(|| json!([]), |reference| json!([{"Key": "linked", "Value": reference}]))
}

fn role(seed: u64, reference: Option<&str>) -> Json {
    let service = ["lambda.amazonaws.com", "kendra.amazonaws.com", "rds.amazonaws.com"];
    let statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": service.get(seed as usize % 3)}});
    json!({
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "Description": format!("role {}", seed % 5),
        // Create-only.
        "Path": if seed % 4 == 3 { "/generated/" } else { "/" },
        "MaxSessionDuration": 3600 + 60 * (seed % 7),
        "Tags": tags(reference),
    })
}

fn managed_policy(seed: u64, reference: Option<&str>) -> Json {
    // Any text may stand in a condition; a resource would have to be an ARN.
    let condition = json!({"StringEquals": {"aws:PrincipalTag/linked": reference.unwrap_or("nothing")}});
    let statement = json!({"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*", "Condition": condition});
    json!({
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        // Create-only.
        "Description": format!("policy {}", seed % 3),
    })
}

/// Some hold what [`super::world`] keeps beside the cloud and in it, the others a text.
fn secret(seed: u64, reference: Option<&str>) -> Json {
    let text = match seed % 4 {
        0 => "secret://env/GENERATED".to_owned(),
        1 => format!("secret://env/GENERATED_{}", seed % 3),
        2 => "secret://secretsmanager/given#text".to_owned(),
        _ => format!("value {}", seed % 5),
    };
    json!({"Description": format!("secret {seed}"), "SecretString": text, "Tags": tags(reference)})
}

fn guardrail(seed: u64, reference: Option<&str>) -> Json {
    let strength = if seed.is_multiple_of(2) { "LOW" } else { "HIGH" };
    let filter = json!({"Type": "HATE", "InputStrength": strength, "OutputStrength": "HIGH"});
    json!({
        "BlockedInputMessaging": format!("no {}", seed % 3),
        "BlockedOutputsMessaging": "never",
        "ContentPolicyConfig": {"FiltersConfig": [filter]},
        "Tags": tags(reference),
    })
}

fn log_group(seed: u64, reference: Option<&str>) -> Json {
    let days = [7, 14, 30];
    json!({"RetentionInDays": days.get(seed as usize % days.len()), "Tags": tags(reference)})
}

fn bucket(seed: u64, reference: Option<&str>) -> Json {
    let mut made = json!({"Tags": tags(reference)});
    if let Some(made) = made.as_object_mut() {
        if seed % 2 == 1 {
            made.insert("VersioningConfiguration".into(), json!({"Status": "Enabled"}));
        }
        if seed % 3 == 1 {
            let flag = seed.is_multiple_of(5);
            made.insert(
                "PublicAccessBlockConfiguration".into(),
                json!({"BlockPublicAcls": flag, "BlockPublicPolicy": true}),
            );
        }
    }
    made
}

fn parameters(seed: u64, reference: Option<&str>) -> Json {
    json!({
        // Create-only, both.
        "Description": format!("parameters {}", seed % 2),
        "Family": if seed.is_multiple_of(3) { "aurora-postgresql15" } else { "aurora-postgresql16" },
        "Parameters": {"log_min_duration_statement": (100 * (seed % 4)).to_string()},
        "Tags": tags(reference),
    })
}

fn key(seed: u64, reference: Option<&str>) -> Json {
    json!({
        "Description": format!("key {}", seed % 6),
        "EnableKeyRotation": seed.is_multiple_of(2),
        "KeyPolicy": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::${account.id}:root"}, "Action": "kms:*", "Resource": "*"},
        ]},
        "Tags": tags(reference),
    })
}

fn table(seed: u64, reference: Option<&str>) -> Json {
    // The key is create-only.
    let key = if seed % 3 == 2 { "other" } else { "id" };
    json!({
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": false,
        "TableClass": if seed.is_multiple_of(2) { "STANDARD" } else { "STANDARD_INFREQUENT_ACCESS" },
        "Tags": tags(reference),
    })
}

fn network(seed: u64, reference: Option<&str>) -> Json {
    // The block is create-only.
    json!({"CidrBlock": format!("10.{}.0.0/16", seed % 3), "EnableDnsSupport": seed.is_multiple_of(2), "Tags": tags(reference)})
}
